package querytag_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/querytag"
)

func TestATagComesBackAsItWasWritten(t *testing.T) {
	org := uuid.New()
	tag := querytag.Of(auth.WithCaller(t.Context(), auth.Caller{CredentialID: "key-1"}), org, "list")
	require.Equal(t, events.Tag{Organization: org.String(), Caller: "key-1", Kind: "list"}, tag)
	tag.RPC, tag.RequestID = "devtrail.events.v1.EventService/ListEvents", "r-1"
	id, got, ok := querytag.ParseComment(querytag.Comment("q-1", tag) + "SELECT 1")
	require.True(t, ok)
	require.Equal(t, "q-1", id)
	require.Equal(t, tag, got)
	require.True(t, strings.HasPrefix(querytag.Comment("q-1", tag), querytag.Head("q-1", org)))
	require.False(t, strings.HasPrefix(querytag.Comment("q-1", tag), querytag.Head("q-1", uuid.New())))
	require.Equal(t, events.Tag{Kind: "x"}, querytag.Of(context.Background(), uuid.Nil, "x"))
}

func TestNothingOfATagIsCode(t *testing.T) {
	evil := `x*/ DROP TABLE events; /* @organization $1 ' " \ {a:String} -- ` + "\x00\n\u2028" + strings.Repeat("y", 500)
	text := querytag.Comment(evil, events.Tag{Organization: evil, Caller: evil, RPC: evil, Kind: evil, RequestID: evil})
	require.Equal(t, 1, strings.Count(text, "*/"))
	require.Equal(t, 1, strings.Count(text, "/*"))
	require.NotRegexp(t, `[^-A-Za-z0-9_./:{}", ]`, strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/ "))
	require.Less(t, len(text), 1024, "Postgres shows no more")
	_, _, ok := querytag.ParseComment(text)
	require.True(t, ok)
}

func TestWhatIsNoTagIsNotRead(t *testing.T) {
	for _, text := range []string{"", "SELECT 1", "/* hello */ SELECT 1", "/*{}*/", `/*{"kind":"x"}`} {
		_, _, ok := querytag.ParseComment(text)
		require.False(t, ok, "%q", text)
	}
}

func TestKeysOfPropertiesAreInTheTagAndInNoComment(t *testing.T) {
	evil := "*/ DROP '\\\u2028\x00"
	keys := []string{"lang", evil, strings.Repeat("k", 300), "\xff"}
	tag := querytag.Of(querytag.WithProperties(t.Context(), keys), uuid.Nil, "x")
	require.Equal(t, keys, tag.Properties)
	_, got, ok := querytag.Parse(querytag.JSON("", tag))
	require.True(t, ok)
	require.Equal(t, []string{"lang", evil}, got.Properties, "what is too long or no text is left out")
	require.NotContains(t, querytag.Comment("", tag), "lang")
	require.Nil(t, querytag.Of(querytag.WithProperties(t.Context(), nil), uuid.Nil, "x").Properties)
}
