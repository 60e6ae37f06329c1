package storetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/memory"
)

// Model lets a store and the memory store do the same random things and demands equal answers, seed by seed. A seed that failed fails again.
func Model(t *testing.T, open OpenInsightFunc, seeds, steps int) {
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			m := &model{
				rand:  rand.New(rand.NewPCG(uint64(seed), 2)), //nolint:gosec // repeatable, not secret
				want:  newSubject(t, memory.New(time.Now)),
				got:   newSubject(t, open(t)),
				organ: []uuid.UUID{ID("org 1"), ID("org 2")},
				had:   make(map[held][]uuid.UUID),
			}
			for step := range steps {
				m.step(t, fmt.Sprintf("seed %d, step %d", seed, step))
			}
		})
	}
}

// model is a store under test beside the specification.
type model struct {
	rand     *rand.Rand
	want     *subject
	got      *subject
	organ    []uuid.UUID
	sequence int64
	had      map[held][]uuid.UUID // whom identities belonged to, the last one now
}

// held is an identity of an organization.
type held struct {
	organization uuid.UUID
	identity     events.Identity
}

// owners are whom an identity belonged to so far, when its changes tell; those of half of the identities do not.
func (m *model) owners(i events.Identity) []uuid.UUID {
	if i.Kind > 1 {
		return nil
	}
	of := held{m.want.org, i}
	if len(m.had[of]) == 0 {
		m.had[of] = []uuid.UUID{pick(m.rand, ID("ada"), ID("bo"), ID("cy"))}
	}
	return m.had[of]
}

// step does one random thing to both.
func (m *model) step(t *testing.T, label string) {
	org := pick(m.rand, m.organ...)
	m.want.org, m.got.org = org, org
	if m.rand.IntN(20) == 0 {
		_, err := m.got.store.Fold(t.Context(), 3)
		require.NoError(t, err, "%s: fold", label)
	}
	switch n := m.rand.IntN(10); {
	case n < 3:
		batch := m.batch()
		equal(t, m.want.outcomes(batch...), m.got.outcomes(batch...), "%s: append", label)
	case n < 4:
		changes := m.changes()
		m.want.reassign(changes...)
		m.got.reassign(changes...)
	case n < 7:
		q := events.ListQuery{Filter: m.filter(), Range: m.timeRange(), Limit: 1 + m.rand.IntN(20)}
		if m.rand.IntN(2) == 0 {
			q.After = &events.Position{OccurredAt: m.instant(), ID: m.id()}
		}
		equal(t, m.want.list(q), m.got.list(q), "%s: list %+v", label, q)
	case n < 9:
		purl, limit, within := pick(m.rand, purls...), 1+m.rand.IntN(4), m.timeRange()
		versions := some(m.rand, "", "1", "2", "v1")
		change := func(q *events.ExposureQuery) {
			q.Range, q.Limit = within, limit
			if versions != nil && q.Versions == nil {
				q.Versions = versions
			}
		}
		equal(t, m.want.exposure(purl, change), m.got.exposure(purl, change), "%s: exposure of %s", label, purl)
		equal(t, m.want.parts(purl, limit), m.got.parts(purl, limit), "%s: parts of the exposure of %s", label, purl)
	default:
		m.digest(t, label)
	}
}

func (m *model) digest(t *testing.T, label string) {
	start := m.instant()
	end := start.Add(time.Duration(1 + m.rand.Int64N(int64(100*24*time.Hour))))
	q, err := events.NewDigestQuery(&start, &end)
	require.NoError(t, err)
	q.Filter, q.Limit = m.filter(), 1+m.rand.IntN(4)
	want, err := m.want.store.Digest(t.Context(), m.want.org, q)
	require.NoError(t, err)
	got, err := m.got.store.Digest(t.Context(), m.got.org, q)
	require.NoError(t, err)
	equal(t, want, got, "%s: digest of %+v", label, q)
}

// Few values, so that they meet often; some that engines may order or compare in ways of their own.
var (
	words = []string{"a", "A", "\u00e4", "a ", "'", `\`, "\U0001F600", "aa"}
	purls = []string{
		"pkg:npm/x", "pkg:npm/x@1", "pkg:npm/x@2", "pkg:npm/x@1?arch=arm", "pkg:npm/%40a/x@1", "pkg:npm/y@1",
		"pkg:golang/example.org/x@v1#sub", "pkg:pypi/x@1",
	}
)

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func some[T any](r *rand.Rand, values ...T) []T {
	if r.IntN(4) > 0 {
		return nil
	}
	return []T{pick(r, values...), pick(r, values...)}
}

func (m *model) id() uuid.UUID { return ID(strconv.Itoa(m.rand.IntN(300))) }

// instant is near one of a few moments, often exactly the same.
func (m *model) instant() time.Time {
	base := pick(m.rand, noon, noon.AddDate(0, 0, -40), noon.AddDate(-1, 0, 0))
	return base.Add(time.Duration(m.rand.IntN(5)) * pick(m.rand, time.Microsecond, time.Hour, 24*time.Hour))
}

func (m *model) batch() []events.Event {
	batch := make([]events.Event, 1+m.rand.IntN(40))
	for i := range batch {
		batch[i] = m.want.event("", func(e *events.Event) {
			e.ID, e.Name, e.OccurredAt = m.id(), pick(m.rand, append(words, events.ManifestEvents...)...), m.instant()
			e.Project, e.SessionID = pick(m.rand, append(words, "")...), pick(m.rand, append(words, "")...)
			e.Source = events.Source{Kind: events.SourceKind(1 + m.rand.IntN(6)), Tool: pick(m.rand, append(words, "")...), Machine: pick(m.rand, append(words, "")...)}
			e.Properties = pick(m.rand, "", `{"b":1.0,"a":[]}`, `{"t":"'\\\n"}`)
			for range m.rand.IntN(4) {
				e.Packages = append(e.Packages, pick(m.rand, purls...))
			}
			if m.rand.IntN(4) > 0 {
				e.Actor = m.actor()
				e.DeveloperID = pick(m.rand, uuid.Nil, ID("ada"), ID("bo"), ID("cy"))
				if owners := m.owners(e.Actor); owners != nil {
					e.DeveloperID = pick(m.rand, owners...)
				}
			}
		})
	}
	return batch
}

func (m *model) actor() events.Identity {
	return events.Identity{Kind: events.IdentityKind(1 + m.rand.IntN(2)), Value: pick(m.rand, words...)}
}

func (m *model) changes() []events.Reassignment {
	changes := make([]events.Reassignment, m.rand.IntN(3))
	for i := range changes {
		m.sequence++
		changes[i] = events.Reassignment{
			Identity: m.actor(), DeveloperID: pick(m.rand, uuid.Nil, ID("ada"), ID("bo"), ID("dee")),
			Sequence: m.sequence, Birth: m.rand.IntN(2) == 0,
		}
		if m.rand.IntN(4) == 0 {
			changes[i] = events.Reassignment{Identity: changes[i].Identity}
			continue
		}
		if owners := m.owners(changes[i].Identity); owners != nil {
			changes[i].Birth, changes[i].Previous = false, &owners[len(owners)-1]
			m.had[held{m.want.org, changes[i].Identity}] = append(owners, changes[i].DeveloperID)
		}
	}
	return changes
}

func (m *model) timeRange() events.Range {
	if m.rand.IntN(3) == 0 {
		return events.AllTime
	}
	start := m.instant()
	return events.Range{Start: start, End: start.Add(time.Duration(m.rand.Int64N(int64(60 * 24 * time.Hour)))).Truncate(time.Microsecond)}
}

func (m *model) filter() events.Filter {
	f := events.Filter{
		Names: some(m.rand, words...), DeveloperIDs: some(m.rand, ID("ada"), ID("bo"), ID("cy"), ID("dee"), uuid.Nil), Projects: some(m.rand, words...),
		SourceKinds: some(m.rand, events.SourceGit, events.SourceCI, events.SourceSDK), Tools: some(m.rand, words...), Machines: some(m.rand, words...),
	}
	for _, text := range some(m.rand, purls...) {
		p, err := events.ParsePackage("packages", text)
		if err != nil {
			m.want.t.Fatal(err)
		}
		f.Packages = append(f.Packages, p)
	}
	return f
}
