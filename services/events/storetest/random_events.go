package storetest

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// dice makes random things that meet often.
type dice struct{ *rand.Rand }

func (d *dice) odds(n int) bool { return d.IntN(n) == 0 }

// The words of random worlds: some that engines may compare, fold or read in ways of their own.
var (
	eventNames = []string{"a", "a", "b", "b", "c", "A", "$d"}
	eventKeys  = []string{"p", "n", "it's", `k"\.%`}
	someJSON   = []string{
		`"a"`, `"A"`, `"b"`, `"a"`, `""`, `null`, `true`, `"true"`, `10`, `"10"`, `"1e1"`, `10.5`, `-3`, `"-3.0"`, `" 5"`, `"5 "`, `"0x10"`, `"NaN"`, `"Infinity"`,
		`"1e999"`, `".5"`, `"5."`, `"+5"`, `"1_000"`, `12345678901234567890`, `1e21`, `"\u00e9"`, `"\u00c9"`, `"x\ny"`, `"xay"`, `"a%b_c\\d'e"`, `"/a/"`, `"/a"`,
		`{"b":[1,2.0],"a":null}`, `[1,"a"]`, `"{\"a\":1}"`, `"2026-05-01T10:00:00Z"`, `"2026-05-01T14:00:00.123456789+02:00"`, `"2026-02-30T00:00:00Z"`, `"2026-05-01"`,
	}
	someNumbers = []string{`0`, `1`, `2`, `2`, `3`, `-4`, `0.5`, `100`, `"7"`, `"x"`, `null`}
	somePeople  = []string{"ada", "bo", "cy", "dee", "eve"}
	somePurls   = []string{"pkg:npm/x@1", "pkg:npm/x@2", "pkg:npm/y@1", "pkg:pypi/x@1"}
)

// happen fills both stores alike: events, properties of developers, identities that get other developers before and afterwards.
func (d *duel) happen() {
	d.t.Helper()
	batch := make([]events.Event, pick(d.Rand, d.IntN(10), 40+d.IntN(60), 40+d.IntN(60), 40+d.IntN(60)))
	for i := range batch {
		batch[i] = d.event(i)
	}
	properties := d.developers()
	changes := d.changes()
	for _, store := range []insight.Engine{d.want, d.got} {
		half := len(batch) / 2
		for i, part := range [][]events.Event{batch[:half], batch} { // the first half comes twice
			_, err := store.Append(d.t.Context(), d.org, part)
			require.NoError(d.t, err)
			if i == 0 {
				require.NoError(d.t, store.Reassign(d.t.Context(), d.org, changes[:len(changes)/2]))
				require.NoError(d.t, store.SetDeveloperProperties(d.t.Context(), d.org, properties))
			}
		}
		require.NoError(d.t, store.Reassign(d.t.Context(), d.org, changes))
	}
	if d.promoting {
		Promote(d.t, d.got, d.org, eventKeys...)
	}
}

func (d *duel) event(i int) events.Event {
	d.t.Helper()
	e := events.Event{
		ID:   ID(strconv.Itoa(i)), // the same in every world, which must not matter
		Name: pick(d.Rand, eventNames...), OccurredAt: d.instant(), Properties: d.object(),
		Source:  events.Source{Kind: events.SourceKind(1 + d.IntN(3)), Machine: pick(d.Rand, "", "m1", "m2", "M1")},
		Project: pick(d.Rand, "", "github.com/own/x", "github.com/own/y"),
	}
	if !d.odds(6) {
		e.Actor = actor(pick(d.Rand, "i1", "i2", "i3", "i4", "i5"))
		e.DeveloperID = d.developer()
	}
	for range d.IntN(3) {
		e.Packages = append(e.Packages, pick(d.Rand, somePurls...))
	}
	e, err := e.Canonical(e.OccurredAt)
	require.NoError(d.t, err)
	return e
}

// instant is near one of a few moments, often exactly one of them.
func (d *dice) instant() time.Time {
	base := noon
	if d.odds(4) {
		base = pick(d.Rand, noon.AddDate(0, 0, -30), noon.AddDate(0, -3, 0), time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC))
	}
	step := pick(d.Rand, time.Microsecond, time.Minute, 10*time.Minute, time.Hour, 24*time.Hour)
	return base.Add(-time.Duration(d.IntN(6)) * step)
}

func (d *dice) developer() uuid.UUID {
	if d.odds(6) {
		return uuid.Nil
	}
	return ID(pick(d.Rand, somePeople...))
}

// object is random properties.
func (d *dice) object() string {
	var members []string
	for _, key := range eventKeys {
		if d.odds(3) {
			continue
		}
		value := pick(d.Rand, someJSON...)
		if key == "n" {
			value = pick(d.Rand, someNumbers...)
		}
		members = append(members, strconv.Quote(key)+":"+value)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// developers are properties of some, the same developer's more than once.
func (d *duel) developers() []insight.DeveloperProperties {
	d.t.Helper()
	var list []insight.DeveloperProperties
	for _, revision := range d.Perm(d.IntN(8)) {
		object, err := events.CanonicalObject(d.object())
		require.NoError(d.t, err)
		list = append(list, insight.DeveloperProperties{DeveloperID: ID(pick(d.Rand, somePeople...)), Properties: object, Revision: int64(revision + 1)})
	}
	return list
}

func (d *dice) changes() []events.Reassignment {
	var changes []events.Reassignment
	for range d.IntN(4) {
		changes = append(changes, events.Reassignment{
			Identity: actor(pick(d.Rand, "i1", "i2", "i3")), DeveloperID: d.developer(), Sequence: int64(len(changes) + 1),
		})
	}
	return changes
}
