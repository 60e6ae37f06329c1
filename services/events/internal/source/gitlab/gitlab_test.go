package gitlab_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source/gitlab"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, gitlab.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, gitlab.Translate, "commit.authored", "a push", "a list that was cut")
	sourcetest.Once(t, gitlab.Translate, "vulnerability_alert.created", "a finding in code", "an issue is linked to a finding in code")
	sourcetest.Once(t, gitlab.Translate, "vulnerability_alert.resolved", "a finding is resolved", "an issue is linked to a resolved finding")
	first := sourcetest.Told(t, gitlab.Translate, "a finding is resolved", "vulnerability_alert.resolved").Event.ID
	require.NotEqual(t, first, sourcetest.Told(t, gitlab.Translate, "a finding is resolved once more", "vulnerability_alert.resolved").Event.ID)
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitlab.Translate) }
