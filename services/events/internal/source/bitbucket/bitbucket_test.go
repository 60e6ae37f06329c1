package bitbucket_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/bitbucket"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, bitbucket.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, bitbucket.Translate, "branch.pushed", "a push", "the same push, tried again")
	sourcetest.Once(t, bitbucket.Translate, "commit.authored", "a push", "a program pushes")
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, bitbucket.Translate) }
