package storetest

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// Commit makes the n-th event of a history like one that a Git import sends: 200 authors, 500 packages, every third event with two purls.
func Commit(n int) events.Event {
	e := events.Event{
		Name:       "commit.authored",
		OccurredAt: noon.Add(time.Duration(n) * time.Second),
		Actor:      events.Identity{Kind: 1, Value: fmt.Sprintf("author-%d@example.org", n%200)},
		Source:     events.Source{Kind: events.SourceGit, Tool: "git", ToolVersion: "2.39.5"},
		Project:    "github.com/example/repository",
		Properties: fmt.Sprintf(`{"commit":"%040x","files_changed":%d,"lines_added":12,"lines_deleted":3}`, n, n%17),
	}
	binary.BigEndian.PutUint64(e.ID[:8], uint64(n)*0x9e3779b97f4a7c15) // spread as hashes are
	binary.BigEndian.PutUint64(e.ID[8:], uint64(n)+1)
	if n%3 == 0 {
		e.Name = "package.changed"
		e.Packages = []string{fmt.Sprintf("pkg:npm/package-%d@1.%d.0", n%500, n%7), fmt.Sprintf("pkg:npm/package-%d@1.%d.0", n%500, n%7+1)}
	}
	return e
}

// Bench measures how many events a second a store takes in batches of new events of one organization, one batch after the other.
func Bench(b *testing.B, open OpenInsightFunc) {
	for _, size := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("append/%d", size), func(b *testing.B) {
			store := open(b)
			b.Cleanup(func() { require.NoError(b, store.Close()) })
			require.NoError(b, store.Ready(b.Context()))
			org, n := uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001"), 0
			batch := make([]events.Event, size)
			for b.Loop() {
				b.StopTimer()
				for i := range batch {
					e, err := Commit(n).Canonical(noon.AddDate(9, 0, 0))
					require.NoError(b, err)
					e.DeveloperID = ID(e.Actor.Value)
					batch[i] = e
					n++
				}
				b.StartTimer()
				outcomes, err := store.Append(b.Context(), org, batch)
				require.NoError(b, err)
				require.Equal(b, events.Stored, outcomes[size-1])
			}
			b.ReportMetric(float64(b.N)*float64(size)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
