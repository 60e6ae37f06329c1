package tail_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/tail"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var acme, other = uuid.New(), uuid.New()

func named(names ...string) []events.Event {
	list := make([]events.Event, len(names))
	for i, name := range names {
		list[i] = events.Event{ID: uuid.New(), Name: name}
	}
	return list
}

func next(t *testing.T, r *tail.Reader) (names []string, skipped int64) {
	t.Helper()
	list, skipped, err := r.Next(t.Context())
	require.NoError(t, err)
	for _, e := range list {
		names = append(names, e.Name)
	}
	return names, skipped
}

func subscribe(t *testing.T, hub *tail.Hub, organization uuid.UUID, names ...string) *tail.Reader {
	t.Helper()
	r, err := hub.Subscribe(organization, events.Filter{Names: names})
	require.NoError(t, err)
	return r
}

// until reads until so many events came or were skipped.
func until(t *testing.T, r *tail.Reader, n int) (names []string, skipped int64) {
	t.Helper()
	for len(names)+int(skipped) < n {
		more, missed := next(t, r)
		names, skipped = append(names, more...), skipped+missed
	}
	require.Equal(t, n, len(names)+int(skipped))
	return names, skipped
}

func TestReadersGetWhatTheyAskedFor(t *testing.T) {
	hub := tail.New()
	hub.Publish(acme, named("before"))
	all, some, foreign := subscribe(t, hub, acme), subscribe(t, hub, acme, "b"), subscribe(t, hub, other)
	defer all.Close()
	defer some.Close()
	defer foreign.Close()
	hub.Publish(acme, named("a", "b"))
	hub.Publish(acme, named("c"))
	hub.Publish(other, named("d"))
	late := subscribe(t, hub, acme)
	defer late.Close()
	names, skipped := until(t, all, 3)
	require.Equal(t, []string{"a", "b", "c"}, names)
	require.Zero(t, skipped)
	names, _ = next(t, some)
	require.Equal(t, []string{"b"}, names)
	names, _ = next(t, foreign)
	require.Equal(t, []string{"d"}, names)
	hub.Publish(acme, named("d", "e"))
	names, _ = until(t, late, 2)
	require.Equal(t, []string{"d", "e"}, names, "from its coming on")
	some.Filter(events.Filter{Names: []string{"f"}})
	hub.Publish(acme, named("b", "f"))
	names, _ = next(t, some)
	require.Equal(t, []string{"f"}, names)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := some.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestASlowReaderIsToldWhatItMissed(t *testing.T) {
	hub := tail.New()
	slow, quick := subscribe(t, hub, acme), subscribe(t, hub, acme)
	defer slow.Close()
	defer quick.Close()
	const all = 2500
	for n := range all {
		hub.Publish(acme, named(strconv.Itoa(n)))
		names, skipped := until(t, quick, 1) // then it was offered to both, or is about to be
		require.Equal(t, []string{strconv.Itoa(n)}, names)
		require.Zero(t, skipped)
	}
	hub.Publish(acme, named("after"))
	names, _ := until(t, quick, 1)
	require.Equal(t, []string{"after"}, names)
	names, skipped := until(t, slow, all+1)
	require.NotZero(t, skipped)
	require.Equal(t, "after", names[len(names)-1], "the newest are kept")
}

// TestWhatWaitsIsBounded has events so large that few of them may wait.
func TestWhatWaitsIsBounded(t *testing.T) {
	hub := tail.New()
	slow, quick := subscribe(t, hub, acme), subscribe(t, hub, acme)
	defer slow.Close()
	defer quick.Close()
	const all = 100
	for range all {
		large := named("large")
		large[0].Properties = strings.Repeat("x", 1<<20)
		hub.Publish(acme, large)
		until(t, quick, 1)
	}
	kept, skipped := 0, int64(0)
	for kept+int(skipped) < all {
		list, missed, err := slow.Next(t.Context())
		require.NoError(t, err)
		require.Less(t, len(list), 10)
		kept, skipped = kept+len(list), skipped+missed
	}
	require.Equal(t, all, kept+int(skipped))
}

// TestARoomThatIsFullCounts publishes without end, faster than events can be looked at: what is not looked at is counted all the same.
// What is offered shares the memory of a whole request, which must not stay with the few events of it that somebody wants.
func TestWhatWaitsHasMemoryOfItsOwn(t *testing.T) {
	t.Parallel()
	request := strings.Repeat("request ", 1000)
	hub := tail.New()
	reader := subscribe(t, hub, acme)
	defer reader.Close()
	hub.Publish(acme, []events.Event{{
		Actor: events.Identity{Value: request[:1]}, Name: request[:2], Packages: []string{request[:3]}, Project: request[:4], Properties: request[:5], SessionID: request[:6],
		Source: events.Source{Machine: request[:7], Tool: request[:8], ToolVersion: request[:9]},
	}})
	list, _, err := reader.Next(t.Context())
	require.NoError(t, err)
	e := list[0]
	first := uintptr(unsafe.Pointer(unsafe.StringData(request)))
	for i, text := range []string{e.Actor.Value, e.Name, e.Packages[0], e.Project, e.Properties, e.SessionID, e.Source.Machine, e.Source.Tool, e.Source.ToolVersion} {
		require.Equal(t, request[:i+1], text)
		at := uintptr(unsafe.Pointer(unsafe.StringData(text)))
		require.False(t, at >= first && at < first+uintptr(len(request)), text)
	}
}

func TestARoomThatIsFullCounts(t *testing.T) {
	hub := tail.New()
	var readers []*tail.Reader
	for range 8 {
		readers = append(readers, subscribe(t, hub, acme))
	}
	list := named(slices.Repeat([]string{"a"}, 1000)...)
	const lists = 100
	for range lists {
		hub.Publish(acme, list)
	}
	for _, r := range readers {
		_, skipped := until(t, r, lists*len(list))
		require.NotZero(t, skipped)
		r.Close()
	}
}

func TestNotMoreMayReadThanOthersBear(t *testing.T) {
	hub := tail.New()
	var readers []*tail.Reader
	fill := func(organization uuid.UUID) (n int) {
		for {
			r, err := hub.Subscribe(organization, events.Filter{})
			if err != nil {
				require.ErrorIs(t, err, tail.ErrTooMany)
				return n
			}
			readers = append(readers, r)
			n++
		}
	}
	require.Equal(t, 32, fill(acme))
	for range 7 {
		require.Equal(t, 32, fill(uuid.New()))
	}
	require.Zero(t, fill(other))
	readers[0].Close()
	require.Equal(t, 1, fill(other))
	for _, r := range readers {
		r.Close()
	}
	require.False(t, hub.Listens(acme))
	subscribe(t, hub, acme).Close()
}

func TestAClosedReaderIsForgotten(t *testing.T) {
	hub := tail.New()
	r := subscribe(t, hub, acme)
	r.Close()
	r.Close()
	hub.Publish(acme, named("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := r.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
