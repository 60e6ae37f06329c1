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
	require.NoError(t, auth.Keys{Operator: []string{"dvo_a", " dvo_b"}, Services: []string{"dvs_a", ""}}.Validate())
}

func TestTheFirstServiceKeyIsOurOwn(t *testing.T) {
	t.Parallel()
	own, err := auth.Keys{Services: []string{" dvs_new ", "dvs_old"}}.Own()
	require.NoError(t, err)
	require.Equal(t, "dvs_new", own)
	_, err = auth.Keys{Services: []string{" "}}.Own()
	require.ErrorContains(t, err, "DEVTRAIL_SERVICE_KEY")
}
