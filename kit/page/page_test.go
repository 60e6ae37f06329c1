package page_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/page"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

type cursor struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

func TestSize(t *testing.T) {
	for requested, want := range map[int32]int{0: 50, 1: 1, 999: 999, 1000: 1000, 1001: 1000, 1 << 30: 1000} {
		got, err := page.Size(requested)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := page.Size(-1)
	require.ErrorIs(t, err, page.ErrSize)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cursor{time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "at")).UTC(), rapid.String().Draw(t, "id")}
		f := rapid.SliceOf(rapid.String()).Draw(t, "filter")
		got, ok, err := page.Decode[cursor](page.Encode(c, f), f)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, c, got)
	})
}

func TestFilterIsBound(t *testing.T) {
	a := &identityv1.ListApiKeysRequest{PageSize: 1}
	b := &identityv1.ListApiKeysRequest{PageSize: 2}
	token := page.Encode(cursor{ID: "x"}, a, "q")
	_, ok, err := page.Decode[cursor](token, &identityv1.ListApiKeysRequest{PageSize: 1}, "q")
	require.NoError(t, err)
	require.True(t, ok)
	for _, filter := range [][]any{{b, "q"}, {a, "p"}, {a}, {"q", a}, {a, "q", ""}, {}} {
		_, _, err = page.Decode[cursor](token, filter...)
		require.ErrorIs(t, err, page.ErrToken)
	}
	// Values must not flow into each other.
	_, _, err = page.Decode[int](page.Encode(1, "ab", "c"), "a", "bc")
	require.ErrorIs(t, err, page.ErrToken)
}

func TestFirstPage(t *testing.T) {
	_, ok, err := page.Decode[cursor]("")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestMalformed(t *testing.T) {
	enc := base64.RawURLEncoding.EncodeToString
	good := page.Encode(cursor{ID: "x"})
	for _, token := range []string{
		"?", "AAAA", good + "A", good[:len(good)-4], enc([]byte(`{}`)), enc([]byte(`null`)), enc([]byte(`{"v":2,"f":"","c":{}}`)),
		page.Encode("text"), page.Encode(map[string]int{"other": 1}),
	} {
		_, ok, err := page.Decode[cursor](token)
		require.ErrorIs(t, err, fault.Invalid, token)
		require.ErrorIs(t, err, page.ErrToken, token)
		require.False(t, ok)
	}
}

func TestCut(t *testing.T) {
	got, more := page.Cut([]int{1, 2, 3}, 2)
	assert.Equal(t, []int{1, 2}, got)
	assert.True(t, more)
	assert.Equal(t, 2, cap(got))
	got, more = page.Cut([]int{1, 2}, 2)
	assert.Equal(t, []int{1, 2}, got)
	assert.False(t, more)
	got, more = page.Cut[int](nil, 2)
	assert.Empty(t, got)
	assert.False(t, more)
}

func TestUnencodableCursorPanics(t *testing.T) {
	assert.Panics(t, func() { page.Encode(func() {}) })
}

func FuzzDecode(f *testing.F) {
	f.Add(page.Encode(cursor{ID: "x"}, "q"), "q")
	f.Add("", "")
	f.Add("e30", "q")
	f.Fuzz(func(t *testing.T, token, filter string) {
		c, ok, err := page.Decode[cursor](token, filter)
		if err != nil {
			require.ErrorIs(t, err, page.ErrToken)
			require.False(t, ok)
			return
		}
		if ok {
			again, ok, err := page.Decode[cursor](page.Encode(c, filter), filter)
			require.NoError(t, err)
			require.True(t, ok)
			require.True(t, c.At.Equal(again.At) && c.ID == again.ID)
		}
	})
}
