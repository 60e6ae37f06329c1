package github_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, github.Translate)
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, github.Translate) }
