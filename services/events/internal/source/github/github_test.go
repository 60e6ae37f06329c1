package github_test

import (
	"testing"

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

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, github.Translate) }
