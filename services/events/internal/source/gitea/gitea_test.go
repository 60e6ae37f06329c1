package gitea_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/gitea"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) { sourcetest.Golden(t, gitea.Translate) }

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, gitea.Translate, "branch.created", "a new branch", "told again")
	sourcetest.Once(t, gitea.Translate, "commit.authored", "a push", "of Forgejo")
	sourcetest.Once(t, gitea.Translate, "pipeline.succeeded", "a run of Forgejo ends well again", "the same run, told as a success")
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitea.Translate) }
