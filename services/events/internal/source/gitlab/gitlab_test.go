package gitlab_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/gitlab"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, gitlab.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, gitlab.Translate, "commit.authored", "a push", "a list that was cut")
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitlab.Translate) }
