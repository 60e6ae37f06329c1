package ingest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// The horizon is cut into generations, by hours and by number: the oldest goes as a whole. With more of them less is forgotten at a time, and all pages are swept
// the more often.
const (
	generations = 4
	portions    = 8
)

// defaultMaxIDs takes about 300 MB.
const defaultMaxIDs = 10_000_000

// index knows the ids of the horizon. It belongs to the committer. The store knows all ids for good, so the index may forget early: it is there
// to answer a repeated event at once, and to spare the store the question.
type index struct {
	span    uint32 // hours of a generation; 0 remembers nothing
	most    int
	count   int
	young   []generation // oldest first
	next    uint8        // number of the next generation
	past    int64        // of organizations that are met for the first time; see members
	members map[uuid.UUID]*members
	common  common
	sweep   []*members // that may hold what is forgotten
	hashes  []uint64   // see fetch
	fetched uint64     // means nothing; see fetch
}

// generation is the ids of some hours, or some of an hour.
type generation struct {
	age   uint8
	hour  uint32 // in which it began
	end   uint32 // the first hour that belongs to another
	count int
}

func newIndex(horizon time.Duration, most int) *index {
	if most == 0 {
		most = defaultMaxIDs
	}
	hours := (horizon + time.Hour - 1) / time.Hour
	return &index{span: uint32((hours + generations - 1) / generations), most: most, members: make(map[uuid.UUID]*members)}
}

// hourOf counts hours from the Unix epoch.
func hourOf(t time.Time) uint32 { return uint32(t.Unix() / int64(time.Hour/time.Second)) }

// oldest is the first hour of the horizon.
func (x *index) oldest(hour uint32) uint32 { return (hour/x.span - generations) * x.span }

// load takes over what the log remembers. When it was sent is known by the hour, and how late it may be by the rules: an event may be ahead of its arrival.
func (x *index) load(ctx context.Context, q queue.Queue, now time.Time) error {
	if x.span == 0 {
		return nil
	}
	began := time.Unix(int64(x.oldest(hourOf(now)))*3600, 0).Add(events.MaxAhead).UnixMicro()
	x.past = max(now.UnixMicro(), began)
	ahead, loaded := int64(0), 0
	for memory, err := range q.Remembered(ctx, x.oldest(hourOf(now))) {
		if err != nil {
			return err
		}
		if len(memory.IDs) == 0 {
			continue
		}
		end := time.Unix(int64(memory.Hour+1)*3600, 0)
		late := covered(memory.Hour).UnixMicro() // for what is later, see far
		if loaded == 0 {                         // the log may have begun in that hour, or forgotten what is from before the horizon
			x.past, ahead = max(end.UnixMicro(), began), late
		}
		loaded += len(memory.IDs)
		m := x.of(memory.Organization)
		for ids := range slices.Chunk(memory.IDs, 256) {
			g := x.generation(memory.Hour)
			x.met(memory.Organization, late)
			for i, hash := range x.fetch(m, ids) {
				x.add(m, g, hash, &ids[i])
			}
		}
		x.forget(memory.Hour)
	}
	if loaded >= x.most-2*x.portion() { // it may have forgotten what is from that hour, for want of room
		x.past = max(x.past, ahead)
	}
	for _, m := range x.members {
		m.past = max(m.past, x.past)
	}
	return nil
}

// judge says of each id whether it is new, and remembers those that are: it returns them, in place of the others. The window is that of the events.
func (x *index) judge(hour uint32, organization uuid.UUID, ids []uuid.UUID, w window, verdicts []verdict) (fresh []uuid.UUID) {
	if x.span == 0 {
		for i := range verdicts {
			verdicts[i].outcome = events.Stored
		}
		return nil
	}
	g := x.generation(hour)
	x.met(organization, w.latest)
	m := x.of(organization)
	fresh = ids[:0]
	for i, hash := range x.fetch(m, ids) {
		if !x.add(m, g, hash, &ids[i]) {
			verdicts[i].outcome = events.Duplicate
			continue
		}
		verdicts[i].outcome = events.Stored
		fresh = append(fresh, ids[i])
	}
	return fresh
}

// since is the bound of certainty for events of an organization: all of a window are certain, or none.
func (x *index) since(organization uuid.UUID, w window) time.Time {
	if x.span == 0 || w.floats || w.earliest <= x.of(organization).past {
		return time.Time{}
	}
	return events.MinTime
}

func (x *index) of(organization uuid.UUID) *members {
	m := x.members[organization]
	if m == nil {
		m = &members{past: x.past}
		x.members[organization] = m
	}
	return m
}

// met notes the latest event of an organization in the newest generation.
func (x *index) met(organization uuid.UUID, latest int64) {
	m := x.of(organization)
	at := &m.latest[x.young[len(x.young)-1].age%lives]
	*at = max(*at, latest)
}

// fetch returns the hashes of ids, and has the memory come where they belong.
func (x *index) fetch(m *members, ids []uuid.UUID) []uint64 {
	x.hashes = x.hashes[:0]
	for i := range ids {
		x.hashes = append(x.hashes, hashOf(&ids[i]))
	}
	x.fetched += m.fetch(x.hashes)
	return x.hashes
}

// add remembers an id of an organization in the newest generation and tells whether it was new.
func (x *index) add(m *members, g *generation, hash uint64, id *uuid.UUID) bool {
	if !m.add(hash, id, g.age, &x.common) {
		return false
	}
	g.count++
	x.count++
	return true
}

// generation returns the newest, or a new one when that is of other hours or has its portion, which the ids of the request at hand may exceed. A clock that
// went back writes into the newest.
func (x *index) generation(hour uint32) *generation {
	if n := len(x.young); n > 0 {
		g := &x.young[n-1]
		if hour < g.end && g.count < x.portion() {
			return g
		}
		hour = max(hour, g.hour)
	}
	x.young = append(x.young, generation{age: x.next, hour: hour, end: (hour/x.span + 1) * x.span})
	x.next++
	x.setEra()
	return &x.young[len(x.young)-1]
}

func (x *index) setEra() {
	x.common.era = era{}
	if n := len(x.young); n > 0 {
		x.common.era = era{first: x.young[0].age, count: uint8(n)}
	}
}

// portion is how many ids a generation has when the next one begins. No request has more.
func (x *index) portion() int { return max(x.most/portions, 1<<13) }

// forget drops what is older than the horizon, and more where there is too much. It returns the first hour that is still known,
// and whether anything went.
func (x *index) forget(hour uint32) (since uint32, forgot bool) {
	if x.span == 0 {
		return 0, false
	}
	x.clean()
	since = x.oldest(hour)
	for len(x.young) > 0 && (x.young[0].hour/x.span*x.span < since || x.count > x.most) {
		x.drop()
		forgot = true
	}
	if len(x.young) > 0 {
		since = max(since, x.young[0].hour)
	}
	return since, forgot
}

// drop forgets the oldest generation. Its slots are freed little by little, before the next goes.
func (x *index) drop() {
	g := x.young[0]
	for len(x.sweep) > 0 {
		x.clean()
	}
	x.count -= g.count
	x.young = x.young[1:]
	x.setEra()
	for _, m := range x.members {
		m.past = max(m.past, m.latest[g.age%lives])
		m.latest[g.age%lives] = 0
		m.swept = 0
		x.sweep = append(x.sweep, m)
	}
}

// stride is how many pages are swept at once.
const stride = 16

// clean does a little of what is to be done.
func (x *index) clean() {
	if n := len(x.sweep); n > 0 && x.sweep[n-1].sweep(stride, &x.common) {
		x.sweep[n-1].shrink(&x.common)
		x.sweep = x.sweep[:n-1]
	}
}

// undo forgets ids that were judged new and could not be kept.
func (x *index) undo(organization uuid.UUID, ids []uuid.UUID) {
	m := x.members[organization]
	for i := range ids {
		age, found := m.remove(&ids[i])
		if !found || !x.common.era.live(age) {
			continue
		}
		x.young[age-x.young[0].age].count--
		x.count--
	}
}
