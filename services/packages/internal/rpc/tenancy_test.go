package rpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/page"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// Each RPC is called by one organization with what only another has. An RPC without a case fails the test.
func TestTenantsCannotSeeEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, admin, shop, "r1", "requirements.txt", requirements("secret==1", "secret==2"))

	cases := map[string]func(t *testing.T){
		"/devtrail.packages.v1.InventoryService/EndManifests": func(t *testing.T) {
			require.Zero(t, b.end(t, other, shop, "r2"))
			require.EqualValues(t, 1, b.get(t, "pkg:pypi/secret").GetProjectCount())
		},
		"/devtrail.packages.v1.InventoryService/ImportManifest": func(t *testing.T) {
			res := b.importFile(t, other, shop, "r1", "requirements.txt", requirements("secret==1"))
			require.EqualValues(t, 1, res.GetNewVersionCount(), "new to this organization")
			require.EqualValues(t, 2, b.get(t, "pkg:pypi/secret").GetVersionCount())
			require.EqualValues(t, 1, b.get(t, "pkg:pypi/secret").GetProjectCount())
		},
		"/devtrail.packages.v1.PackageService/GetPackage": func(t *testing.T) {
			_, err := b.packages.GetPackage(as(t, other), &packagesv1.GetPackageRequest{Purl: "pkg:pypi/secret"})
			require.ErrorIs(t, err, fault.NotFound)
		},
		"/devtrail.packages.v1.PackageService/ListVersions": func(t *testing.T) {
			_, err := b.packages.ListVersions(as(t, other), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/secret"})
			require.ErrorIs(t, err, fault.NotFound)
			first, err := b.packages.ListVersions(as(t, admin), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/secret", PageSize: 1})
			require.NoError(t, err)
			_, err = b.packages.ListVersions(as(t, other), &packagesv1.ListVersionsRequest{Purl: "pkg:pypi/secret", PageToken: first.GetNextPageToken()})
			require.ErrorIs(t, err, fault.NotFound, "a page token opens nothing")
			require.NotErrorIs(t, err, page.ErrToken)
		},
		"/devtrail.packages.v1.PackageService/LookupPurls": func(t *testing.T) {
			res, err := b.packages.LookupPurls(as(t, other), &packagesv1.LookupPurlsRequest{Purls: []string{"pkg:pypi/secret", "pkg:pypi/secret@1"}})
			require.NoError(t, err)
			for _, m := range res.GetMatches() {
				require.Equal(t, packagesv1.MatchStatus_MATCH_STATUS_MISSING, m.GetStatus())
				require.Nil(t, m.GetPackage())
			}
		},
	}
	// Import comes last: it makes the other organization know the package.
	const last = "/devtrail.packages.v1.InventoryService/ImportManifest"
	for _, service := range []string{"PackageService", "InventoryService"} {
		methods := packagesv1.File_devtrail_packages_v1_package_service_proto.Services().ByName("PackageService").Methods()
		if service == "InventoryService" {
			methods = packagesv1.File_devtrail_packages_v1_inventory_service_proto.Services().ByName("InventoryService").Methods()
		}
		for i := range methods.Len() {
			name := "/devtrail.packages.v1." + service + "/" + string(methods.Get(i).Name())
			run, ok := cases[name]
			require.True(t, ok, "%s has no case here", name)
			if name != last {
				t.Run(name, run)
			}
		}
	}
	t.Run(last, cases[last])

	t.Run("an organization that is not one's own does not exist", func(t *testing.T) {
		ctx := dial.WithOrganization(as(t, other), organizationA.String())
		_, err := b.packages.GetPackage(ctx, &packagesv1.GetPackageRequest{Purl: "pkg:pypi/secret"})
		require.ErrorIs(t, err, auth.ErrOrganizationNotFound)
	})
}
