package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
)

func TestKeysSayWhichSettingIsWrongAndQuoteNone(t *testing.T) {
	t.Parallel()
	keys := auth.Keys{Operator: []string{"dvs_secret"}, Services: []string{"dvk_secret"}}
	err := keys.Validate()
	require.ErrorContains(t, err, "DEVTRAIL_OPERATOR_KEY")
	require.ErrorContains(t, err, "DEVTRAIL_SERVICE_KEY")
	require.NotContains(t, err.Error(), "secret")
	require.NoError(t, auth.Keys{
		Operator: []string{auth.NewToken(auth.PrefixOperator), " " + auth.NewToken(auth.PrefixOperator)},
		Services: []string{auth.NewToken(auth.PrefixService), ""},
	}.Validate())
}

// A key of which only the prefix is there, since a command printed nothing, could be guessed by anybody.
func TestKeysThatNobodyMadeAreRefused(t *testing.T) {
	t.Parallel()
	whole := auth.NewToken(auth.PrefixOperator)
	for _, key := range []string{"dvo_", "dvo_secret", whole[:len(whole)-1], whole + "0", auth.NewToken(auth.PrefixService)} {
		err := auth.Keys{Operator: []string{whole, key}}.Validate()
		require.ErrorContains(t, err, "DEVTRAIL_OPERATOR_KEY", key)
		require.NotContains(t, err.Error(), whole[4:20])
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestTheFirstServiceKeyIsOurOwn(t *testing.T) {
	t.Parallel()
	own, err := auth.Keys{Services: []string{" dvs_new ", "dvs_old"}}.Own()
	require.NoError(t, err)
	require.Equal(t, "dvs_new", own)
	_, err = auth.Keys{Services: []string{" "}}.Own()
	require.ErrorContains(t, err, "DEVTRAIL_SERVICE_KEY")
}
