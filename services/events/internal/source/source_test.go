package source_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

func TestIdsDependOnSourceDeliveryAndPlace(t *testing.T) {
	id := source.ID("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958", 0)
	require.Equal(t, id, source.ID("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958", 0))
	require.NotEqual(t, id, source.ID("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958", 1))
	require.NotEqual(t, id, source.ID("gitea", "72d3162e-cc78-11e3-81ab-4c9367dc0958", 0))
	require.NotEqual(t, source.ID("a", "content", 1), source.ContentID("a", "1"+"\x00"))
	require.EqualValues(t, 5, id.Version())
}

func TestACommitHasTheIdThatImportsGiveIt(t *testing.T) {
	// The id is that of the importer of Git histories for the same project and commit.
	require.Equal(t, "eb09f68e-9224-5027-b0d4-39ef0d02dba3", git.CommitID("github.com/owner/name", "6113728f27ae82c7b1a177c8d03f9e96e0adf246").String())
}

func TestReadingIsTolerant(t *testing.T) {
	v, err := source.Parse([]byte(`{"a": {"b": [1, "x", null, ""]}, "n": 9007199254740993, "t": "7", "yes": true, "nothing": null}`))
	require.NoError(t, err)
	require.Equal(t, []string{"1", "x"}, v.At("a", "b").Texts())
	require.Equal(t, 4, v.At("a", "b").Len())
	require.EqualValues(t, 9007199254740993, v.At("n").Int())
	require.EqualValues(t, 7, v.At("t").Int())
	require.Zero(t, v.At("a").Int())
	require.Empty(t, v.At("a", "b", "c").Text())
	require.Nil(t, v.At("yes").Texts())
	require.True(t, v.At("yes").True())
	require.False(t, v.At("nothing").Exists())
	require.True(t, v.Has("nothing"))
	require.False(t, v.Has("absent"))
	require.Equal(t, "7", source.First(v.At("nothing"), v.At("absent"), v.At("t"), v.At("n")).Text())
	for _, bad := range []string{"", "null", "[]", "1", "{} {}", "{"} {
		_, err := source.Parse([]byte(bad))
		require.Error(t, err, "body %q", bad)
	}
}

func TestTimesOfTheProviders(t *testing.T) {
	for text, want := range map[string]string{
		`"2019-05-15T15:20:34Z"`:             "2019-05-15T15:20:34Z",
		`"2022-03-09T16:23:39+09:00"`:        "2022-03-09T07:23:39Z",
		`"2015-04-06T15:23:38.179678+00:00"`: "2015-04-06T15:23:38.179678Z",
		`"2017-09-19T09:58:11+1000"`:         "2017-09-18T23:58:11Z",
		`"2020-11-02 12:55:12 UTC"`:          "2020-11-02T12:55:12Z",
		`"2021-02-23 02:41:37 +0200"`:        "2021-02-23T00:41:37Z",
		`"2021-02-23"`:                       "2021-02-23T00:00:00Z",
		`1557933657`:                         "2019-05-15T15:20:57Z",
		`1557933657123`:                      "2019-05-15T15:20:57.123Z",
		`"0001-01-01T00:00:00Z"`:             "",
		`"9999-01-01T00:00:00Z"`:             "",
		`"yesterday"`:                        "",
		`null`:                               "",
		`-5`:                                 "",
		`1e400`:                              "",
	} {
		v, err := source.Parse([]byte(`{"at": ` + text + `}`))
		require.NoError(t, err)
		got := ""
		if at := v.At("at").Time(); !at.IsZero() {
			got = at.UTC().Format(time.RFC3339Nano)
		}
		require.Equal(t, want, got, text)
	}
}

func TestNamesArePlain(t *testing.T) {
	require.Equal(t, "Ada", git.Plain(" \x00Ada\n", 10))
	require.Equal(t, "aaaaaaa...", git.Plain(strings.Repeat("a", 11), 10))
	require.Equal(t, "\ufffd", git.Plain("\xff", 10))
	require.Equal(t, "fix: it", git.Subject("\nfix: it\r\n\nbecause"))
}
