package render_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/history"
	"devtrail.dev/cmd/devtrail/internal/importer"
	"devtrail.dev/cmd/devtrail/internal/people"
	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

var (
	start = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	names = people.Names{"1": "Ada", "2": "Bo"}
)

func sighting(n int64) *eventsv1.Sighting {
	return &eventsv1.Sighting{FirstSeenAt: timestamppb.New(start), LastSeenAt: timestamppb.New(start.AddDate(0, 1, 0)), EventCount: n}
}

func TestExposure(t *testing.T) {
	var out strings.Builder
	require.NoError(t, render.Exposure(&out, &eventsv1.GetExposureResponse{
		Purl: "pkg:npm/a", Sighting: sighting(1), DeveloperCount: 3,
		Developers: []*eventsv1.DeveloperExposure{{DeveloperId: "1", Sighting: sighting(12)}, {DeveloperId: "unknown-id", Sighting: sighting(1)}},
		Actors: []*eventsv1.ActorExposure{
			{Identity: &identityv1.Identity{Value: "ci@example.org"}, Sighting: sighting(2)}, {Identity: &identityv1.Identity{Value: "ada@example.org"}, DeveloperId: "1"},
		},
		ProjectCount: 1, Projects: []*eventsv1.ProjectExposure{{Sighting: sighting(1), Presence: eventsv1.Presence_PRESENCE_PRESENT}},
		SourceCount: 1, Sources: []*eventsv1.SourceExposure{{Kind: eventsv1.SourceKind_SOURCE_KIND_CI, Tool: "actions", Sighting: sighting(1)}},
		MachineCount: 1, Machines: []*eventsv1.MachineExposure{{Sighting: sighting(1)}},
		VersionCount: 1, Versions: []*eventsv1.VersionExposure{{Version: "1.0", Sighting: sighting(1)}},
	}, names, time.UTC))
	require.Equal(t, `pkg:npm/a
1 event, first 2024-05-06 07:08, last 2024-06-06 07:08

DEVELOPER   EVENTS  FIRST SEEN        LAST SEEN
Ada         12      2024-05-06 07:08  2024-06-06 07:08
unknown-id  1       2024-05-06 07:08  2024-06-06 07:08
and 1 more

IDENTITY OF NOBODY KNOWN  EVENTS  FIRST SEEN        LAST SEEN
ci@example.org            2       2024-05-06 07:08  2024-06-06 07:08

PROJECT  EVENTS  FIRST SEEN        LAST SEEN         STILL THERE
-        1       2024-05-06 07:08  2024-06-06 07:08  yes

SOURCE        EVENTS  FIRST SEEN        LAST SEEN
ci (actions)  1       2024-05-06 07:08  2024-06-06 07:08

VERSION  EVENTS  FIRST SEEN        LAST SEEN
1.0      1       2024-05-06 07:08  2024-06-06 07:08
`, out.String())
	out.Reset()
	require.NoError(t, render.Exposure(&out, &eventsv1.GetExposureResponse{Purl: "pkg:npm/a"}, nil, time.UTC))
	require.Equal(t, "pkg:npm/a: nobody touched it.\n", out.String())
}

func TestEventsSayWhatHappenedAndCannotCommandTheTerminal(t *testing.T) {
	var out strings.Builder
	require.NoError(t, render.Events(&out, []*eventsv1.Event{
		{
			Name: "package.changed", OccurredAt: timestamppb.New(start), DeveloperId: "1", Packages: []string{"pkg:npm/%40a/b@3"},
			PropertiesJson: `{"from":["1","2"],"to":["3"]}`,
		},
		{Name: "commit.authored", OccurredAt: timestamppb.New(start), Actor: &identityv1.Identity{Value: "x@y"}, PropertiesJson: `{"subject":"\u001b[2Jgone"}`},
		{Name: "other", OccurredAt: timestamppb.New(start), PropertiesJson: `[]`, Packages: []string{strings.Repeat("p", 100)}},
	}, names, time.UTC))
	require.Equal(t, `TIME              EVENT            DEVELOPER  PROJECT  WHAT
2024-05-06 07:08  package.changed  Ada        -        pkg:npm/%40a/b 1, 2 -> 3
2024-05-06 07:08  commit.authored  x@y        -        ?[2Jgone
2024-05-06 07:08  other            -          -        `+strings.Repeat("p", 69)+"...\n", out.String())
	out.Reset()
	require.NoError(t, render.Events(&out, nil, nil, time.UTC))
	require.Equal(t, "No events.\n", out.String())
}

func TestTrends(t *testing.T) {
	var out strings.Builder
	require.NoError(t, render.Trends(&out, &eventsv1.QueryTrendsResponse{
		Buckets: []*timestamppb.Timestamp{timestamppb.New(start), timestamppb.New(start.AddDate(0, 0, 7)), timestamppb.New(start.AddDate(0, 0, 14))},
		Rows:    []*eventsv1.TrendRow{{Values: []float64{1, 0, 80}, Total: 81}, {Series: 1, Values: []float64{0, 0, 0}}},
	}, eventsv1.Interval_INTERVAL_WEEK, []string{"commits", "people"}, time.UTC))
	require.Equal(t, `commits: 81 in all
2024-05-06   1  #
2024-05-13   0
2024-05-20  80  ########################################

people: 0 in all
2024-05-06  0
2024-05-13  0
2024-05-20  0
`, out.String())
}

func TestSummary(t *testing.T) {
	var out strings.Builder
	require.NoError(t, render.Summary(&out, importer.Summary{
		Project: "example.org/p", Revision: "0123456789abcdef", Commits: 3, Resumed: "fedcba9876543210", Boundary: 1, Stored: 4, Duplicates: 5, Rejected: 1,
		Rejections: []importer.Rejection{{EventID: "id", Name: "package.added", Reason: "PURL_INVALID", Field: "packages[0]", Message: "no"}},
		Unreadable: 2, UnreadableFiles: []history.Unreadable{{Commit: "0123456789abcdef", Path: "a.lock", Err: errors.New("broken")}},
		Manifests: 2, ManifestFaults: []error{errors.New("odd file")}, CheckpointFault: errors.New("disk full"), Took: 1500 * time.Millisecond,
	}))
	require.Equal(t, `project     example.org/p
revision    0123456789abcdef
commits     3 (fedcba987654 and what came before it was stored already)
left out    1 boundary commit of a shallow clone: what they changed is unknown
events      4 new, 5 stored before, 1 rejected
            package.added id: PURL_INVALID packages[0]: no
unreadable  2 versions of lock files; the next good one was compared with the last good one
            0123456789ab a.lock: broken
lock files  2 of the newest revision known to packages
            odd file
note        disk full
time        1.5s
`, out.String())
	out.Reset()
	require.NoError(t, render.Summary(&out, importer.Summary{Project: "p"}))
	require.Equal(t, "project  p\ncommits  0 (the repository has none yet)\n", out.String())
}

// Properties, identities and names are anybody's, and the terminal is the reader's.
func TestALineCannotMoveTheCursor(t *testing.T) {
	var out strings.Builder
	require.NoError(t, render.Line(&out, &eventsv1.Event{
		Actor: &identityv1.Identity{Value: "eve\x1b[1A"}, Name: "commit.authored", OccurredAt: timestamppb.New(start),
		PropertiesJson: `{"subject": "all is well\u001b[2K\rnothing here\u202e"}`,
	}, nil, time.UTC, false))
	require.Equal(t, "2024-05-06 07:08  commit.authored   eve?[1A                   -                                 all is well?[2K?nothing here?\n", out.String())
}
