package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/stack"
)

// seen is when and how often, as devtrail seed writes it down.
type seen struct {
	Count       int64
	First, Last time.Time
}

// record is what devtrail seed knows of its incident.
type record struct {
	Purl                                  string
	Count                                 int64
	First, Last                           time.Time
	Developers, Projects, Machines, Tools map[string]seen
	Still                                 map[string]bool
}

// sighting is a Sighting of the contract.
type sighting struct {
	FirstSeenAt time.Time
	LastSeenAt  time.Time
	EventCount  int64 `json:",string"`
}

func (s sighting) seen() seen { return seen{s.EventCount, s.FirstSeenAt, s.LastSeenAt} }

// TestThePlantedIncidentIsFoundExactly seeds a company and compares who touched its bad package with what the generator wrote down.
func TestThePlantedIncidentIsFoundExactly(t *testing.T) {
	dir := filepath.Join(scratch, "seed")
	for _, store := range []string{stack.StoreClickHouse, stack.StorePostgres} {
		t.Run(store, func(t *testing.T) {
			r := mustUp(t, dir, store)
			want := seedCompany(t, r)
			var exposure struct {
				Sighting   sighting
				Developers []struct{ Sighting sighting }
				Actors     []struct {
					Identity struct{ Value string }
					Sighting sighting
				}
				Projects []struct {
					Project, Presence string
					Sighting          sighting
				}
				Machines []struct {
					Machine  string
					Sighting sighting
				}
				Sources []struct {
					Tool     string
					Sighting sighting
				}
			}
			ctx := as(t.Context(), r.State.Keys["admin"], "")
			decode(ctx, t, dial(t, r.State.Endpoints["events"]), "devtrail.events.v1.EventService/GetExposure",
				`{"purl": "pkg:npm/tiny-color-stream", "version_range": ">4.1.2 <4.2.0", "row_limit": 1000}`, &exposure)

			require.Equal(t, seen{want.Count, want.First, want.Last}, exposure.Sighting.seen())
			got := record{Developers: map[string]seen{}, Projects: map[string]seen{}, Machines: map[string]seen{}, Tools: map[string]seen{}, Still: map[string]bool{}}
			for _, row := range exposure.Actors {
				got.Developers[row.Identity.Value] = row.Sighting.seen()
			}
			for _, row := range exposure.Projects {
				got.Projects[row.Project] = row.Sighting.seen()
				got.Still[row.Project] = row.Presence == "PRESENCE_PRESENT"
			}
			for _, row := range exposure.Machines {
				got.Machines[row.Machine] = row.Sighting.seen()
			}
			for _, row := range exposure.Sources {
				got.Tools[row.Tool] = row.Sighting.seen()
			}
			require.Len(t, exposure.Developers, len(want.Developers))
			require.Equal(t, want.Developers, got.Developers)
			require.Equal(t, want.Projects, got.Projects)
			require.Equal(t, want.Machines, got.Machines)
			require.Equal(t, want.Tools, got.Tools)
			require.Equal(t, want.Still, got.Still)
			require.NoError(t, r.Stop())
		})
	}
}

// seedCompany runs the command as people do and returns what it wrote down.
func seedCompany(t *testing.T, r *running) record {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.json")
	cmd := exec.CommandContext(t.Context(), build(t, devtrailPackage), "seed", "--developers", "20", "--days", "40", "--until", "2026-05-01",
		"--record", file, "--address", r.State.Endpoints["events"])
	cmd.Env = append(environ(), "DEVTRAIL_KEY="+r.State.Keys["admin"])
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "0 rejected")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var want record
	require.NoError(t, json.Unmarshal(data, &want))
	require.Greater(t, len(want.Projects), 2)
	return want
}
