package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/storetest"
)

// world is a scenario that happened in an organization.
type world struct {
	t      *testing.T
	c      scenario
	store  insight.Engine
	org    uuid.UUID
	engine Engine
	now    time.Time

	owners  map[string]uuid.UUID // by distinct id
	names   map[string]string    // first distinct id by the developer's text
	eventID map[uuid.UUID]string
	cohorts map[string]*insight.Cohort
}

// project is that of every event, so that a question by projects also sees the events of nobody.
const project = "github.com/own/project"

// machine is that of one event, by which its filters can be asked for.
func machine(i int) string { return fmt.Sprintf("machine-%d", i) }

// newWorld lets the scenario happen.
func newWorld(t *testing.T, store insight.Engine, c scenario, v variant) *world {
	t.Helper()
	w := &world{
		t: t, c: c, store: store, org: storetest.ID(v.name + " " + c.ID), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		owners: make(map[string]uuid.UUID), names: make(map[string]string), eventID: make(map[uuid.UUID]string), cohorts: make(map[string]*insight.Cohort),
	}
	if c.Now != nil {
		w.now = *c.Now
	}
	w.engine = answer.New(store, func() time.Time { return w.now })
	if v.through != nil {
		w.engine = v.through(t, store, w.org, w.now)
	}
	w.developers()
	w.happen(v)
	w.defineCohorts()
	return w
}

// happen lets the events come.
func (w *world) happen(v variant) {
	w.t.Helper()
	batch := w.events(v)
	did := v.effects
	if did == nil {
		did = new(effects)
	}
	if !slices.IsSortedFunc(batch, func(a, b events.Event) int { return bytes.Compare(a.ID[:], b.ID[:]) }) {
		did.moved++
	}
	before, after := v.split(w.keys())
	w.promote(before)
	if v.copied {
		w.append(storetest.ID("copy of "+v.name+" "+w.c.ID), batch, w.owners)
		did.copies += len(batch)
	}
	owners := w.owners
	if v.mergedAfter {
		owners = nil
	}
	did.duplicates += w.append(w.org, batch, owners)
	if v.mergedAfter && len(w.owners) > 0 {
		w.requireOwned(0)
		w.link()
		did.linked += len(w.owners)
		if v.linked != nil {
			v.linked.Add(int64(len(w.owners)))
		}
		owned := 0
		for _, e := range w.c.Events {
			if w.owners[e.DistinctID] != uuid.Nil {
				owned++
			}
		}
		w.requireOwned(owned)
	}
	w.promote(after)
	if keys := slices.Concat(before, after); len(keys) > 0 {
		w.requirePromoted(keys)
	}
	did.before, did.after = did.before+len(before), did.after+len(after)
}

// developers makes one of each person.
func (w *world) developers() {
	w.t.Helper()
	var list []insight.DeveloperProperties
	for _, p := range w.c.Persons {
		id := storetest.ID(w.c.ID + " " + p.DistinctIDs[0])
		w.names[id.String()] = p.DistinctIDs[0]
		for _, distinct := range p.DistinctIDs {
			w.owners[distinct] = id
		}
		list = append(list, insight.DeveloperProperties{DeveloperID: id, Properties: w.canonical(p.Properties)})
	}
	require.NoError(w.t, w.store.SetDeveloperProperties(w.t.Context(), w.org, list))
}

func (w *world) canonical(object json.RawMessage) string {
	w.t.Helper()
	text, err := events.CanonicalObject(string(object))
	require.NoError(w.t, err)
	return text
}

// events returns the events in the order of the variant, nobody's yet.
func (w *world) events(v variant) []events.Event {
	w.t.Helper()
	var batch []events.Event
	for i, e := range w.c.Events {
		made, err := events.Event{
			ID: uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1)), Name: e.Event, OccurredAt: e.Timestamp,
			Actor: identity(e.DistinctID), Source: events.Source{Kind: events.SourceSDK, Machine: machine(i)}, Project: project, Properties: string(e.Properties),
		}.Canonical(e.Timestamp)
		require.NoError(w.t, err)
		w.eventID[made.ID] = e.ID
		batch = append(batch, made)
		if v.twice {
			batch = append(batch, made)
		}
	}
	if v.paired {
		pair(batch)
	}
	if v.shuffled {
		seed := fnv.New64a()
		seed.Write([]byte(w.c.ID))
		r := rand.New(rand.NewPCG(seed.Sum64(), 1)) //nolint:gosec // repeatable, not secret
		r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	}
	return batch
}

// pair gives every second event the time of the one before it, in the order of their times.
func pair(batch []events.Event) {
	slices.SortFunc(batch, events.Event.Compare)
	for i := 1; i < len(batch); i += 2 {
		batch[i].OccurredAt = batch[i-1].OccurredAt
	}
}

func identity(distinct string) events.Identity { return events.Identity{Kind: 1, Value: distinct} }

// append stores events in two batches, stamped with their developers, and returns how many were answered to be duplicates: all that came before.
func (w *world) append(org uuid.UUID, batch []events.Event, owners map[string]uuid.UUID) (duplicates int) {
	w.t.Helper()
	stamped := make([]events.Event, len(batch))
	for i, e := range batch {
		e.DeveloperID = owners[e.Actor.Value]
		stamped[i] = e
	}
	half, stored := len(stamped)/2, 0
	for _, part := range [][]events.Event{stamped[:half], stamped[half:]} {
		outcomes, err := w.store.Append(w.t.Context(), org, part)
		require.NoError(w.t, err)
		for _, o := range outcomes {
			if o == events.Duplicate {
				duplicates++
			} else {
				stored++
			}
		}
	}
	require.Equal(w.t, []int{len(w.c.Events), len(batch) - len(w.c.Events)}, []int{stored, duplicates}, "stored and duplicates")
	return duplicates
}

// link says whose each identity is when all events are there.
func (w *world) link() {
	w.t.Helper()
	var changes []events.Reassignment
	for distinct, owner := range w.owners {
		changes = append(changes, events.Reassignment{Identity: identity(distinct), DeveloperID: owner, Sequence: int64(len(changes) + 1)})
	}
	require.NoError(w.t, w.store.Reassign(w.t.Context(), w.org, changes))
}

// keys lists the properties of the scenario's events.
func (w *world) keys() []string {
	seen, keys := map[string]bool{}, []string(nil)
	for _, e := range w.c.Events {
		for key := range insight.ParseProperties(string(e.Properties)) {
			if key != "" && !seen[key] {
				seen[key], keys = true, append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// named turns actors into the names that the scenario gives them.
func (w *world) named(actors []string) []string {
	names := make([]string, len(actors))
	for i, a := range actors {
		names[i] = w.names[a]
	}
	return names
}

// everybody is a page that holds all.
var everybody = insight.ActorPage{Limit: 1 << 20}
