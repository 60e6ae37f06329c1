package gitea_test

import (
	"testing"

	"devtrail.dev/services/events/internal/source/gitea"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) { sourcetest.Golden(t, gitea.Translate) }

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitea.Translate) }
