package ingest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// generations is into how many maps the horizon is cut: an id is looked up in each of them, and the oldest goes as a whole.
const generations = 4

// defaultMaxIDs takes about 400 MB.
const defaultMaxIDs = 10_000_000

// index knows the ids of the horizon. It belongs to the committer. The store knows all ids for good, so the index may forget early: it is there
// to answer a repeated event at once, and to spare the store the question.
type index struct {
	span  uint32 // hours of a generation; 0 remembers nothing
	most  int
	count int
	young []generation // oldest first
}

// generation is the ids of some hours, by organization.
type generation struct {
	number uint32 // hour / span
	count  int
	ids    map[uuid.UUID]map[uuid.UUID]struct{}
}

func newIndex(horizon time.Duration, most int) *index {
	if most == 0 {
		most = defaultMaxIDs
	}
	hours := (horizon + time.Hour - 1) / time.Hour
	return &index{span: uint32((hours + generations - 1) / generations), most: most}
}

// hourOf counts hours from the Unix epoch.
func hourOf(t time.Time) uint32 { return uint32(t.Unix() / int64(time.Hour/time.Second)) }

// oldest is the first hour of the horizon.
func (x *index) oldest(hour uint32) uint32 { return (hour/x.span - generations) * x.span }

// load takes over what the log remembers.
func (x *index) load(ctx context.Context, q queue.Queue, hour uint32) error {
	if x.span == 0 {
		return nil
	}
	for memory, err := range q.Remembered(ctx, x.oldest(hour)) {
		if err != nil {
			return err
		}
		for _, id := range memory.IDs {
			x.add(memory.Hour, memory.Organization, id)
		}
	}
	return nil
}

// judge says of each event whether its id is new, and remembers those that are.
func (x *index) judge(hour uint32, organization uuid.UUID, list []events.Event, verdicts []verdict) (ids []uuid.UUID) {
	if x.span == 0 {
		for i := range verdicts {
			verdicts[i].outcome = events.Stored
		}
		return nil
	}
	ids = make([]uuid.UUID, 0, len(list))
	for i := range list {
		id := list[i].ID
		if x.knows(organization, id) {
			verdicts[i].outcome = events.Duplicate
			continue
		}
		verdicts[i].outcome = events.Stored
		x.add(hour, organization, id)
		ids = append(ids, id)
	}
	return ids
}

func (x *index) knows(organization, id uuid.UUID) bool {
	for i := len(x.young) - 1; i >= 0; i-- { // retries come soon
		if _, known := x.young[i].ids[organization][id]; known {
			return true
		}
	}
	return false
}

func (x *index) add(hour uint32, organization, id uuid.UUID) {
	g := x.generation(hour / x.span)
	ids := g.ids[organization]
	if ids == nil {
		ids = make(map[uuid.UUID]struct{})
		g.ids[organization] = ids
	}
	if _, again := ids[id]; !again {
		ids[id] = struct{}{}
		g.count++
		x.count++
	}
}

// generation returns the map of a number, which is the newest or a new one. A clock that went back writes into the newest.
func (x *index) generation(number uint32) *generation {
	if n := len(x.young); n > 0 && x.young[n-1].number >= number {
		return &x.young[n-1]
	}
	x.young = append(x.young, generation{number: number, ids: make(map[uuid.UUID]map[uuid.UUID]struct{})})
	return &x.young[len(x.young)-1]
}

// forget drops what is older than the horizon, and more where there is too much. It returns the first hour that is still known,
// and whether anything went.
func (x *index) forget(hour uint32) (since uint32, forgot bool) {
	if x.span == 0 {
		return 0, false
	}
	since = x.oldest(hour)
	for len(x.young) > 0 && (x.young[0].number*x.span < since || x.count > x.most) {
		since = max(since, (x.young[0].number+1)*x.span)
		x.count -= x.young[0].count
		x.young = x.young[1:]
		forgot = true
	}
	return since, forgot
}

// undo forgets ids that were judged new and could not be kept.
func (x *index) undo(organization uuid.UUID, ids []uuid.UUID) {
	if len(ids) == 0 {
		return
	}
	g := &x.young[len(x.young)-1]
	for _, id := range ids {
		delete(g.ids[organization], id)
	}
	g.count -= len(ids)
	x.count -= len(ids)
}
