package github_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, github.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, github.Translate, "branch.created", "a new branch without commits", "a ref of create, the same as its push")
	sourcetest.Once(t, github.Translate, "branch.deleted", "a branch is removed", "delete a branch")
	sourcetest.Once(t, github.Translate, "tag.created", "a tag is made", "create a tag")
	sourcetest.Once(t, github.Translate, "package.published", "npm", "the same, told again")
	sourcetest.Once(t, github.Translate, "commit.authored", "forced", "a deploy key pushes")
	commit := sourcetest.Told(t, github.Translate, "forced", "commit.authored").Event
	require.Equal(t, git.CommitID("github.com/example/shop", "2222222222222222222222222222222222222222"), commit.ID, "as an import of the history names it")
	push := sourcetest.Told(t, github.Translate, "forced", "branch.pushed").Event
	require.Equal(t, source.ID("github", "forced", 1), push.ID)
}

// TestAListAsLongAsAnyMayHaveBeenCut has pushes that are too long for the files of deliveries.
func TestAListAsLongAsAnyMayHaveBeenCut(t *testing.T) {
	push := func(count int, more string) string {
		commits := make([]string, count)
		for i := range commits {
			commits[i] = fmt.Sprintf(`{"id":"%040x"}`, i+1)
		}
		drafts, err := github.Translate(source.Delivery{Key: "k", Event: "push", Received: sourcetest.Received, Body: fmt.Appendf(nil,
			`{"ref":"refs/heads/main","before":"%040x","after":"%040x",%s"commits":[%s]}`, 1<<20, count, more, strings.Join(commits, ","))})
		require.NoError(t, err)
		require.Len(t, drafts, count+1)
		pushed := drafts[count].Event
		require.Equal(t, "branch.pushed", pushed.Name)
		return pushed.Properties
	}
	whole := push(2047, "")
	require.Contains(t, whole, `"commit_count":2047`)
	require.NotContains(t, whole, "truncated")
	cut := push(2048, "")
	require.Contains(t, cut, `"commits_listed":2048`)
	require.Contains(t, cut, `"truncated":true`)
	require.NotContains(t, cut, "commit_count")
	require.Contains(t, push(2048, `"size":2048,`), `"commit_count":2048`, "the count is told")
	require.Contains(t, push(2048, `"size":3000,`), `"commit_count":3000`, "the count is told")
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, github.Translate) }

// A comment that is pinned says when; it was last changed before.
func TestACommentIsPinnedWhenItSays(t *testing.T) {
	const body = `{"action":"pinned","issue":{"number":7},"comment":{"id":17,"created_at":"2026-04-01T08:00:00Z","updated_at":"2026-04-01T08:00:00Z","pin":{"pinned_at":"2026-05-01T09:30:00Z","pinned_by":{"login":"ada"}}},
"repository":{"html_url":"https://github.com/Example/Shop"},"sender":{"login":"ada","id":1815}}`
	drafts, err := github.Translate(source.Delivery{Event: "issue_comment", Key: "k", Body: []byte(body), Received: sourcetest.Received})
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.Equal(t, "comment.pinned", drafts[0].Event.Name)
	require.Equal(t, "2026-05-01T09:30:00Z", drafts[0].Event.OccurredAt.UTC().Format(time.RFC3339))
}

// The files of a snapshot have the time of their build where the version says that it is one.
func TestASnapshotIsNamedByItsFiles(t *testing.T) {
	const body = `{"action":"published","package":{"name":"org.example.shop.core","package_type":"maven","package_version":{"id":3,"version":"1.0-SNAPSHOT",
"package_files":[{"name":"maven-metadata.xml"},{"name":"shop.core-1.0-20260501.080000-1.jar"}]}},"repository":{"html_url":"https://github.com/Example/Shop"},"sender":{"login":"ada","id":1815}}`
	drafts, err := github.Translate(source.Delivery{Event: "package", Key: "k", Body: []byte(body), Received: sourcetest.Received})
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.Equal(t, []string{"pkg:maven/org.example/shop.core@1.0-SNAPSHOT?repository_url=https:%2F%2Fmaven.pkg.github.com"}, drafts[0].Event.Packages)
}
