package bitbucket_test

import (
	"testing"
	"time"

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

// A thread that is resolved says when; its comment was last changed before.
func TestAThreadIsResolvedWhenItSays(t *testing.T) {
	const body = `{"actor":{"uuid":"{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}"},"repository":{"full_name":"example/shop"},"pullrequest":{"id":1},"comment":{"id":17,
"created_on":"2026-05-01T07:40:00+00:00","updated_on":"2026-05-01T07:45:00+00:00","resolution":{"type":"comment_resolution","created_on":"2026-05-01T09:30:00+00:00"}}}`
	drafts, err := bitbucket.Translate(source.Delivery{Event: "pullrequest:comment_resolved", Key: "k", Body: []byte(body), Received: sourcetest.Received})
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.Equal(t, "comment.resolved", drafts[0].Event.Name)
	require.Equal(t, "2026-05-01T09:30:00Z", drafts[0].Event.OccurredAt.UTC().Format(time.RFC3339))
}
