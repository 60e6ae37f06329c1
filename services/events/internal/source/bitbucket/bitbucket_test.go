package bitbucket_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/bitbucket"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, bitbucket.Translate)
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, bitbucket.Translate) }
