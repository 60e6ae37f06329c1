package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func TestDigest(t *testing.T) {
	tally := func(current, previous int64) *eventsv1.Tally {
		return &eventsv1.Tally{Current: current, Previous: previous}
	}
	at := func(days int) *timestamppb.Timestamp { return timestamppb.New(start.AddDate(0, 0, days)) }
	var out strings.Builder
	require.NoError(t, render.Digest(&out, &eventsv1.GetDigestResponse{
		Range: &eventsv1.TimeRange{Start: at(0), End: at(7)}, PreviousRange: &eventsv1.TimeRange{Start: at(-7), End: at(0)},
		Events: tally(30, 20), Developers: tally(2, 2), AgentEvents: tally(3, 0),
		SourceCount: 3, Sources: []*eventsv1.SourceActivity{{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git", Events: tally(10, 20)}},
		ProjectCount: 1, Projects: []*eventsv1.ProjectActivity{{Project: "github.com/acme/shop", Events: tally(30, 20)}},
		PackageCount: 2, Packages: []*eventsv1.PackageActivity{{Purl: "pkg:npm/a", AddedCount: 1, RemovedCount: 2}},
	}, time.UTC))
	require.Equal(t, `2024-05-06 07:08 to 2024-05-13 07:08, before: from 2024-04-29 07:08

IN ALL                      NOW  BEFORE  CHANGE
events                      30   20      +50%
developers                  2    2       =
events of AI coding agents  3    0       new

SOURCE  NOW  BEFORE  CHANGE
git     10   20      -50%
and 2 more

PROJECT               NOW  BEFORE  CHANGE
github.com/acme/shop  30   20      +50%

PACKAGE    ADDED  CHANGED  REMOVED
pkg:npm/a  1      0        2
and 1 more
`, out.String())
}
