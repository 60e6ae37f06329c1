package rpc_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/page"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages"
)

func TestGetPackage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, ingest, shop, "r1", "go.mod", "module a\n\nrequire golang.org/x/mod v0.42.0\n")
	want := &packagesv1.Package{
		Purl:         "pkg:golang/golang.org/x/mod",
		Type:         "golang",
		Namespace:    "golang.org/x",
		Name:         "mod",
		FirstSeenAt:  timestamppb.New(startOfTime),
		VersionCount: 1,
		ProjectCount: 1,
	}
	for _, purl := range []string{
		"pkg:golang/golang.org/x/mod",
		"pkg:golang/golang.org/x/mod@9.9.9?x=y#sub",
		"pkg://GOLANG/golang.org/X/mod",
	} {
		if diff := cmp.Diff(want, b.get(t, purl), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", purl, diff)
		}
	}
	ctx := dial.WithOrganization(as(t, service), organizationA.String())
	_, err := b.packages.GetPackage(ctx, &packagesv1.GetPackageRequest{Purl: want.GetPurl()})
	require.NoError(t, err, "a service names the organization")

	_, err = b.packages.GetPackage(as(t, analyst), &packagesv1.GetPackageRequest{Purl: "pkg:golang/golang.org/x/tools"})
	require.ErrorIs(t, err, packages.ErrPackageNotFound)
	_, err = b.packages.GetPackage(as(t, analyst), &packagesv1.GetPackageRequest{Purl: "golang.org/x/mod"})
	require.ErrorIs(t, err, fault.Invalid)
	f := &fault.Fault{}
	require.ErrorAs(t, err, &f)
	require.Equal(t, "purl", f.FieldPath())
}

func TestListVersionsNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, ingest, shop, "1", "requirements.txt", requirements("p==1.10", "p==1.9", "p==1.9rc1", "p==2.0.dev1", "p==main", "p==latest"))
	require.Equal(t, []string{"2.0.dev1", "1.10", "1.9", "1.9rc1", "latest", "main"}, b.versions(t, "pkg:pypi/p", 0))
	res, err := b.packages.ListVersions(as(t, analyst), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/P@1?a=b", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, "pkg:pypi/p@2.0.dev1", res.GetVersions()[0].GetPurl())
	require.Equal(t, startOfTime, res.GetVersions()[0].GetFirstSeenAt().AsTime())

	_, err = b.packages.ListVersions(as(t, analyst), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/unknown"})
	require.ErrorIs(t, err, fault.NotFound)
}

// versions pages through a package's versions.
func (b bundle) versions(t *testing.T, purl string, size int32) []string {
	t.Helper()
	var all []string
	req := &packagesv1.ListVersionsRequest{Purl: purl, PageSize: size}
	for {
		res, err := b.packages.ListVersions(as(t, analyst), req)
		require.NoError(t, err)
		for _, v := range res.GetVersions() {
			all = append(all, v.GetVersion())
		}
		if size > 0 && res.GetNextPageToken() != "" {
			require.Len(t, res.GetVersions(), int(size))
		}
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
	}
}

func TestListVersionsPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var pins []string
	for i := range 7 {
		pins = append(pins, fmt.Sprintf("p==1.%d", 2*i))
	}
	b.importFile(t, ingest, shop, "1", "requirements.txt", requirements(pins...))
	want := b.versions(t, "pkg:pypi/p", 0)
	require.Len(t, want, 7)
	for size := int32(1); size <= 8; size++ {
		require.Equal(t, want, b.versions(t, "pkg:pypi/p", size), "page size %d", size)
	}

	first, err := b.packages.ListVersions(as(t, analyst), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/p", PageSize: 3})
	require.NoError(t, err)
	b.importFile(t, ingest, shop, "2", "requirements.txt", requirements("p==9.0", "p==1.1", "q==1"))
	second, err := b.packages.ListVersions(as(t, analyst), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/p", PageSize: 3, PageToken: first.GetNextPageToken()})
	require.NoError(t, err)
	got := make([]string, 0, 3)
	for _, v := range second.GetVersions() {
		got = append(got, v.GetVersion())
	}
	require.Equal(t, []string{"1.6", "1.4", "1.2"}, got, "a page begins where the one before ended, whatever came in meanwhile")

	for name, req := range map[string]*packagesv1.ListVersionsRequest{
		"another package's token": {Purl: "pkg:pypi/q", PageToken: first.GetNextPageToken()},
		"no token":                {Purl: "pkg:pypi/p", PageToken: "x"},
		"a forged cursor":         {Purl: "pkg:pypi/p", PageToken: page.Encode(map[string]string{"after": "ff"}, "pkg:pypi/p")},
	} {
		_, err := b.packages.ListVersions(as(t, analyst), req)
		require.ErrorIs(t, err, page.ErrToken, name)
	}
	require.Equal(t, append([]string{"9.0"}, slices.Concat(want[:6], []string{"1.1"}, want[6:])...), b.versions(t, "pkg:pypi/p", 2))
}
