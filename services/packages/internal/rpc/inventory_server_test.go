package rpc_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/fault"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages/manifest"
)

const shop = "github.com/acme/shop"

func TestImportManifest(t *testing.T) {
	t.Parallel()
	b := setup(t)

	res := b.importFile(t, ingest, shop, "r1", "api/requirements.txt", requirements("Flask==3.0.0", "jinja2==3.1.4", "click>=8"))
	require.Equal(t, "requirements.txt", res.GetFormat())
	require.Equal(t, []string{"pkg:pypi/click", "pkg:pypi/flask@3.0.0", "pkg:pypi/jinja2@3.1.4"}, res.GetPurls())
	require.EqualValues(t, 2, res.GetNewVersionCount(), "a package without a version has no new version")
	require.Zero(t, res.GetSkippedCount())

	again := b.importFile(t, admin, shop, "r1", "api/requirements.txt", requirements("Flask==3.0.0", "jinja2==3.1.4", "click>=8"))
	require.Equal(t, res.GetPurls(), again.GetPurls())
	require.Zero(t, again.GetNewVersionCount())
	require.Equal(t, 1, b.rows(t, "inventories"))
	require.Equal(t, 3, b.rows(t, "inventory_entries"))

	next := b.importFile(t, ingest, shop, "r2", "api/requirements.txt", requirements("Flask==3.1.0", "jinja2==3.1.4"))
	require.EqualValues(t, 1, next.GetNewVersionCount())
	require.Equal(t, 2, b.rows(t, "inventories"))
	require.Equal(t, 4, b.rows(t, "inventory_entries"), "what did not change is not written again")

	flask := b.get(t, "pkg:pypi/flask")
	require.EqualValues(t, 2, flask.GetVersionCount())
	require.EqualValues(t, 1, flask.GetProjectCount())
	require.Zero(t, b.get(t, "pkg:pypi/click").GetProjectCount(), "the latest inventory has it no more")
}

func (b bundle) get(t *testing.T, purl string) *packagesv1.Package {
	t.Helper()
	res, err := b.packages.GetPackage(as(t, analyst), &packagesv1.GetPackageRequest{Purl: purl})
	require.NoError(t, err)
	return res.GetPackage()
}

func TestImportManifestKeepsFilesAndProjectsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, ingest, shop, "r1", "a/requirements.txt", requirements("six==1.16.0"))
	b.importFile(t, ingest, shop, "r1", "b/requirements.txt", requirements("six==1.16.0"))
	b.importFile(t, ingest, "github.com/acme/site", "r1", "a/requirements.txt", requirements("six==1.17.0"))
	require.EqualValues(t, 2, b.get(t, "pkg:pypi/six").GetProjectCount(), "two files of one project are one project")

	b.importFile(t, ingest, shop, "r2", "a/requirements.txt", "")
	require.EqualValues(t, 2, b.get(t, "pkg:pypi/six").GetProjectCount(), "the other file still has it")
	b.importFile(t, ingest, shop, "r2", "b/requirements.txt", "# nothing\n")
	require.EqualValues(t, 1, b.get(t, "pkg:pypi/six").GetProjectCount())

	b.importFile(t, ingest, shop, "r3", "b/requirements.txt", requirements("six==1.16.0"))
	require.EqualValues(t, 2, b.get(t, "pkg:pypi/six").GetProjectCount(), "what was removed may return")
	require.EqualValues(t, 2, b.get(t, "pkg:pypi/six").GetVersionCount(), "versions stay")
}

func TestImportManifestRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name    string
		req     *packagesv1.ImportManifestRequest
		reason  string
		message string
	}{
		{
			name:    "a file with a conflict",
			req:     &packagesv1.ImportManifestRequest{Project: shop, Revision: "r", Path: "ui/package-lock.json", Content: []byte("{\n<<<<<<< HEAD\n}")},
			reason:  manifest.ErrInvalid.Reason(),
			message: `"ui/package-lock.json" has a conflict marker in line 2`,
		},
		{
			name:    "a file that is cut off",
			req:     &packagesv1.ImportManifestRequest{Project: shop, Revision: "r", Path: "ui/package-lock.json", Content: []byte(`{"packages": {`)},
			reason:  manifest.ErrInvalid.Reason(),
			message: `"ui/package-lock.json" is not a readable package-lock.json: unexpected end of JSON input`,
		},
		{
			name:    "an unknown name",
			req:     &packagesv1.ImportManifestRequest{Project: shop, Revision: "r", Path: "README.md"},
			reason:  manifest.ErrUnknownFormat.Reason(),
			message: `"README.md"`,
		},
		{
			name:    "a zero byte",
			req:     &packagesv1.ImportManifestRequest{Project: "a\x00b", Revision: "r", Path: "go.mod"},
			reason:  "TEXT_INVALID",
			message: "project",
		},
		{
			name:    "no project",
			req:     &packagesv1.ImportManifestRequest{Revision: "r", Path: "go.mod"},
			reason:  "VALIDATION_FAILED",
			message: "project",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := b.inventory.ImportManifest(as(t, admin), c.req)
			require.ErrorIs(t, err, fault.Invalid)
			require.Equal(t, c.reason, fault.ReasonOf(err))
			require.ErrorContains(t, err, c.message)
		})
	}
	for _, table := range []string{"packages", "versions", "projects", "manifests", "inventories", "inventory_entries"} {
		require.Zero(t, b.rows(t, table), "%s: nothing of a refused file is stored", table)
	}
}

func TestImportManifestKeepsLongNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := strings.Repeat("\U0001f333", 987) + "/requirements.txt"
	version := strings.Repeat("9", 1900)
	res := b.importFile(t, admin, strings.Repeat("\U0001f3d9", 500), strings.Repeat("\U0001f3f7", 200), path[4*8:], requirements("six=="+version))
	require.EqualValues(t, 1, res.GetNewVersionCount())
	res = b.importFile(t, admin, shop, "r", "requirements.txt", requirements("six=="+strings.Repeat("9", 3000)))
	require.EqualValues(t, 1, res.GetSkippedCount(), "a purl that no request could carry is no purl")
}

// What a file had is compared with what it has in a time that grows with the file: the database gives up hashing a list of more than some 116,000 rows.
func TestImportManifestOfManyPackagesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pins := make([]string, 130_000)
	for i := range pins {
		pins[i] = fmt.Sprintf("p%d==1", i)
	}
	b.importFile(t, ingest, shop, "r1", "requirements.txt", requirements(pins...))
	pins[5] = "p5==2"
	res := b.importFile(t, ingest, shop, "r2", "requirements.txt", requirements(pins...))
	require.EqualValues(t, 1, res.GetNewVersionCount())
	require.Equal(t, len(pins)+1, b.rows(t, "inventory_entries"))
}

// Imports that share packages, in opposite orders of their files, wait for each other at most; and each new version is counted by one of them.
func TestImportManifestConcurrently(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const importers, shared, own = 8, 150, 20
	var group errgroup.Group
	counts := make([]int32, importers)
	for i := range importers {
		group.Go(func() error {
			var pins []string
			for n := range shared {
				pins = append(pins, fmt.Sprintf("shared-%d==1.%d", (n*(2*i+1))%shared, n%3))
			}
			for n := range own {
				pins = append(pins, fmt.Sprintf("own-%d-%d==1", i, n))
			}
			res, err := b.inventory.ImportManifest(as(t, ingest), &packagesv1.ImportManifestRequest{
				Project: fmt.Sprintf("github.com/acme/p%d", i%4), Revision: strconv.Itoa(i), Path: "requirements.txt", Content: []byte(requirements(pins...)),
			})
			counts[i] = res.GetNewVersionCount()
			return err
		})
	}
	require.NoError(t, group.Wait())
	sum := 0
	for _, n := range counts {
		sum += int(n)
	}
	require.Equal(t, b.rows(t, "versions"), sum)
	require.Equal(t, shared+importers*own, b.rows(t, "packages"))
	require.Equal(t, importers, b.rows(t, "inventories"))
}

func (b bundle) end(t *testing.T, token, project, revision string, present ...string) int32 {
	t.Helper()
	res, err := b.inventory.EndManifests(as(t, token), &packagesv1.EndManifestsRequest{Project: project, Revision: revision, PresentPaths: present})
	require.NoError(t, err)
	return res.GetEndedCount()
}

func TestEndManifests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, project := range []string{shop, "github.com/acme/site"} {
		b.importFile(t, ingest, project, "r1", "a/requirements.txt", requirements("six==1.16.0", "flask==3.0.0"))
		b.importFile(t, ingest, project, "r1", "b/requirements.txt", requirements("six==1.17.0"))
		b.importFile(t, ingest, project, "r1", "c/requirements.txt", "")
	}
	projects := func(purl string) int32 { return b.get(t, purl).GetProjectCount() }

	require.Zero(t, b.end(t, ingest, shop, "r2", "c/requirements.txt", "b/requirements.txt", "a/requirements.txt", "go.mod"), "it has all of them")
	require.Zero(t, b.end(t, other, shop, "r2"), "another organization has no such project")
	require.Zero(t, b.end(t, ingest, "github.com/acme/none", "r2"))
	require.EqualValues(t, 2, projects("pkg:pypi/flask"))

	require.EqualValues(t, 1, b.end(t, ingest, shop, "r2", "b/requirements.txt"), "the third stated nothing")
	require.EqualValues(t, 1, projects("pkg:pypi/flask"), "the other project has it")
	require.EqualValues(t, 2, projects("pkg:pypi/six"), "the other file has it")
	require.Zero(t, b.end(t, ingest, shop, "r2", "b/requirements.txt"))
	require.EqualValues(t, 1, b.end(t, admin, shop, "r3"))
	require.EqualValues(t, 1, projects("pkg:pypi/six"))
	require.EqualValues(t, 2, b.get(t, "pkg:pypi/six").GetVersionCount(), "versions stay")

	b.importFile(t, ingest, shop, "r1", "a/requirements.txt", requirements("six==1.16.0", "flask==3.0.0"))
	require.EqualValues(t, 1, projects("pkg:pypi/flask"), "this was said of that revision before")
	b.importFile(t, ingest, shop, "r4", "a/requirements.txt", requirements("six==1.16.0", "flask==3.0.0"))
	require.EqualValues(t, 2, projects("pkg:pypi/flask"))
	require.Zero(t, b.end(t, ingest, shop, "r2"), "as was this")
	require.EqualValues(t, 2, projects("pkg:pypi/flask"))
	require.EqualValues(t, 1, b.end(t, ingest, shop, "r5"))
	require.EqualValues(t, 1, projects("pkg:pypi/flask"))
}

// Each of many files is looked for among many paths, by a statement that the database has planned for all calls after some: it must not compare each with each.
func TestEndManifestsOfManyFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.importFile(t, ingest, shop, "r1", "requirements.txt", requirements("six==1.16.0"))
	const files = 30_000
	for _, statement := range []string{
		`INSERT INTO manifests SELECT organization_id, gen_random_uuid(), project_id, 'p/' || n FROM projects, generate_series(1, $1::int) AS n`,
		`INSERT INTO inventories SELECT m.organization_id, m.manifest_id, 1, 'r1', i.format, i.content_sha256, 0, i.imported_at
			FROM manifests AS m, inventories AS i WHERE m.path LIKE 'p/%' AND $1::int > 0`,
		`INSERT INTO inventory_entries SELECT m.organization_id, m.manifest_id, e.package_id, e.version, 1, NULL
			FROM manifests AS m, inventory_entries AS e WHERE m.path LIKE 'p/%' AND $1::int > 0`,
	} {
		_, err := b.pool.Exec(t.Context(), statement, files)
		require.NoError(t, err)
	}
	present := make([]string, 100_000)
	for i := range present {
		present[i] = fmt.Sprintf("p/%d", i+101)
	}
	require.EqualValues(t, 101, b.end(t, ingest, shop, "r2", present...))
	for n := range 8 { // more calls than a plan is made for each of
		require.Zero(t, b.end(t, ingest, shop, fmt.Sprintf("r%d", 3+n), present...))
	}
}

func TestEndManifestsRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		req     *packagesv1.EndManifestsRequest
		reason  string
		message string
	}{
		{&packagesv1.EndManifestsRequest{Project: shop, Revision: "r", PresentPaths: []string{"go.mod", "a\x00b"}}, "TEXT_INVALID", "present_paths[1]"},
		{&packagesv1.EndManifestsRequest{Project: shop}, "VALIDATION_FAILED", "revision"},
		{&packagesv1.EndManifestsRequest{Revision: "r"}, "VALIDATION_FAILED", "project"},
		{&packagesv1.EndManifestsRequest{Project: shop, Revision: "r", PresentPaths: []string{""}}, "VALIDATION_FAILED", "present_paths[0]"},
	} {
		_, err := b.inventory.EndManifests(as(t, admin), c.req)
		require.ErrorIs(t, err, fault.Invalid)
		require.Equal(t, c.reason, fault.ReasonOf(err))
		require.ErrorContains(t, err, c.message)
	}
}

func TestImportManifestNeedsARole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.inventory.ImportManifest(as(t, analyst), &packagesv1.ImportManifestRequest{Project: shop, Revision: "r", Path: "go.mod"})
	require.ErrorIs(t, err, fault.Denied)
	_, err = b.inventory.EndManifests(as(t, analyst), &packagesv1.EndManifestsRequest{Project: shop, Revision: "r"})
	require.ErrorIs(t, err, fault.Denied)
	_, err = b.packages.GetPackage(as(t, ingest), &packagesv1.GetPackageRequest{Purl: "pkg:pypi/six"})
	require.ErrorIs(t, err, fault.Denied)
	_, err = b.packages.GetPackage(t.Context(), &packagesv1.GetPackageRequest{Purl: "pkg:pypi/six"})
	require.ErrorIs(t, err, fault.Unauthenticated)
}
