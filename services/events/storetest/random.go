package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/memory"
)

// questionsPerWorld is how many random questions of each kind are asked about the same random events.
const questionsPerWorld = 8

// PairsVariable names the setting of how many pairs of random events and a random question are tried for each kind, such as 2000.
const PairsVariable = "DEVTRAIL_RANDOM_PAIRS"

// RunRandom lets random things happen in a store and in the memory store, asks both random questions of every kind, and demands equal answers:
// at least so many pairs of events and a question for each kind. A world that failed fails again under the same number.
// With [PairsVariable] in the environment their number is another.
func RunRandom(t *testing.T, open OpenInsightFunc, pairs int) {
	if text, set := os.LookupEnv(PairsVariable); set {
		var err error
		pairs, err = strconv.Atoi(text)
		require.NoError(t, err, PairsVariable)
	}
	want, got := memory.New(time.Now), open(t)
	t.Cleanup(func() {
		require.NoError(t, want.Close())
		require.NoError(t, got.Close())
	})
	for world := range (pairs + questionsPerWorld - 1) / questionsPerWorld {
		t.Run(fmt.Sprintf("world %d", world), func(t *testing.T) {
			t.Parallel()
			d := &duel{
				dice: &dice{rand.New(rand.NewPCG(uint64(world), 3))}, //nolint:gosec // repeatable, not secret
				t:    t, org: ID(fmt.Sprintf("world %d", world)), want: want, got: got, promoting: world%2 == 1,
			}
			d.wantEngine, d.gotEngine = answer.New(want, d.clock), answer.New(got, d.clock)
			d.happen()
			for n := range questionsPerWorld {
				for _, kind := range duelKinds {
					d.label = fmt.Sprintf("world %d, question %d, %s", world, n, kind.name)
					kind.ask(d)
				}
			}
		})
	}
}

// duelKinds are the questions of a duel.
var duelKinds = []struct {
	name string
	ask  func(*duel)
}{
	{"trends", (*duel).trends},
	{"funnel", (*duel).funnel},
	{"retention", (*duel).retention},
	{"stickiness", (*duel).stickiness},
	{"lifecycle", (*duel).lifecycle},
	{"paths", (*duel).paths},
	{"sequences", (*duel).sequences},
	{"earliest", (*duel).earliest},
	{"events", (*duel).events},
}

// duel is a store under test beside the specification.
type duel struct {
	*dice
	t                     *testing.T
	label                 string
	org                   uuid.UUID
	want, got             insight.Engine
	wantEngine, gotEngine *answer.Engine
	promoting             bool // the properties of the events are promoted
}

// clock is the moment of every question.
func (*duel) clock() time.Time { return noon.Add(25 * time.Minute) }

// same demands equal answers. Numbers that are not counts may differ a little.
func same[A any](d *duel, want, got A, what string, q any) {
	d.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-12), cmpopts.EquateEmpty()); diff != "" {
		d.t.Fatalf("%s: %s of %s (-memory +store):\n%s", d.label, what, show(q), diff)
	}
}

// both asks both engines the same and returns their answer. What is refused must be refused by both alike; ok is false then.
func both[A any](d *duel, what string, q any, ask func(*answer.Engine) (A, error)) (got A, ok bool) {
	d.t.Helper()
	want, err := ask(d.wantEngine)
	got, gotErr := ask(d.gotEngine)
	if err != nil {
		require.EqualError(d.t, gotErr, err.Error(), "%s: %s of %s", d.label, what, show(q))
		return got, false
	}
	require.NoError(d.t, gotErr, "%s: %s of %s", d.label, what, show(q))
	same(d, want, got, what, q)
	return got, true
}

// show writes a question so that a person can ask it again.
func show(q any) string {
	text, err := json.Marshal(q)
	if err != nil {
		return fmt.Sprintf("%+v", q)
	}
	return string(text)
}

// actorPage is a random part of a list of actors.
func (d *duel) actorPage() insight.ActorPage {
	if d.odds(3) {
		return insight.ActorPage{After: pick(d.Rand, "5", "a", "m", ID("ada").String(), "m1", "pkg:npm/x"), Limit: 1 + d.IntN(2)}
	}
	return insight.ActorPage{Limit: 1 + d.IntN(5)}
}
