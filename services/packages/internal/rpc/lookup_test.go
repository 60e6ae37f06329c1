package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"devtrail.dev/kit/fault"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// Whatever is asked, in whatever order and however often, answer i is that of purl i.
func TestLookupPurlsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, ingest, shop, "1", "requirements.txt", requirements("a==1", "a==2", "b==1", "c"))
	known := map[string]bool{"a": true, "a@1": true, "a@2": true, "b": true, "b@1": true, "c": true}
	ctx := as(t, analyst)
	rapid.Check(t, func(rt *rapid.T) {
		asked := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string {
			if rapid.IntRange(0, 9).Draw(rt, "bad") == 0 {
				return rapid.SampledFrom([]string{"", "a", "pkg:", "pkg:pypi/", "pkg:pypi/ns/a"}).Draw(rt, "text")
			}
			text := "pkg:pypi/" + rapid.SampledFrom([]string{"a", "A", "b", "c", "d"}).Draw(rt, "name")
			if v := rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(rt, "version"); v != "" {
				text += "@" + v
			}
			return text + rapid.SampledFrom([]string{"", "?x=y", "#sub"}).Draw(rt, "rest")
		}), 1, 60).Draw(rt, "asked")
		res, err := b.packages.LookupPurls(ctx, &packagesv1.LookupPurlsRequest{Purls: asked})
		if err != nil {
			rt.Fatal(err)
		}
		if len(res.GetMatches()) != len(asked) {
			rt.Fatalf("%d answers to %d purls", len(res.GetMatches()), len(asked))
		}
		for i, m := range res.GetMatches() {
			if m.GetRequestedPurl() != asked[i] {
				rt.Fatalf("answer %d is of %q, asked was %q", i, m.GetRequestedPurl(), asked[i])
			}
			core, isPurl := strings.CutPrefix(asked[i], "pkg:pypi/")
			core, _, _ = strings.Cut(strings.ToLower(core), "?")
			core, _, _ = strings.Cut(core, "#")
			want := packagesv1.MatchStatus_MATCH_STATUS_MISSING
			switch {
			case !isPurl, core == "", strings.Contains(core, "/"):
				want = packagesv1.MatchStatus_MATCH_STATUS_INVALID
			case known[core]:
				want = packagesv1.MatchStatus_MATCH_STATUS_MATCHED
			}
			if m.GetStatus() != want {
				rt.Fatalf("%q is %v, want %v", asked[i], m.GetStatus(), want)
			}
			invalid := want == packagesv1.MatchStatus_MATCH_STATUS_INVALID
			if invalid != (m.GetReason() != "") || invalid != (m.GetPurl() == "") || !invalid && m.GetPurl() != "pkg:pypi/"+core {
				rt.Fatalf("%q: purl %q, reason %q", asked[i], m.GetPurl(), m.GetReason())
			}
			if matched := want == packagesv1.MatchStatus_MATCH_STATUS_MATCHED; matched != (m.GetPackage() != nil) {
				rt.Fatalf("%q: package %v", asked[i], m.GetPackage())
			}
		}
	})
}

func TestLookupPurlsTakesFiveThousand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pins, purls := make([]string, 2500), make([]string, 5000)
	for i := range purls {
		purls[i] = fmt.Sprintf("pkg:pypi/p%d@1.%d", i, i)
		if i%2 == 0 {
			pins[i/2] = fmt.Sprintf("p%d==1.%d", i, i)
		}
	}
	b.importFile(t, ingest, shop, "1", "requirements.txt", requirements(pins...))
	res, err := b.packages.LookupPurls(as(t, analyst), &packagesv1.LookupPurlsRequest{Purls: purls})
	require.NoError(t, err)
	for i, m := range res.GetMatches() {
		require.Equal(t, purls[i], m.GetPurl())
		require.Equal(t, i%2 == 0, m.GetStatus() == packagesv1.MatchStatus_MATCH_STATUS_MATCHED, purls[i])
	}
	_, err = b.packages.LookupPurls(as(t, analyst), &packagesv1.LookupPurlsRequest{Purls: append(purls, "pkg:pypi/x")})
	require.ErrorIs(t, err, fault.Invalid)
}
