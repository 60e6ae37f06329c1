package bitbucket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/bitbucket"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, bitbucket.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, bitbucket.Translate, "commit.authored", "a push", "the same push after a rollback")
	sourcetest.Once(t, bitbucket.Translate, "commit.authored", "a push", "a program pushes")
}

func TestAPushThatTakesTheSameWayAgainIsAnotherPush(t *testing.T) {
	first := sourcetest.Told(t, bitbucket.Translate, "a push", "branch.pushed").Event
	require.Equal(t, source.ID("bitbucket", "a push", 1), first.ID)
	require.NotEqual(t, first.ID, sourcetest.Told(t, bitbucket.Translate, "the same push after a rollback", "branch.pushed").Event.ID)
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, bitbucket.Translate) }
