package tail_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/tail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

func TestReadersGetWhatTheyAskedFor(t *testing.T) {
	hub := tail.New()
	hub.Publish(acme, named("before"))
	all, some, foreign := hub.Subscribe(acme, events.Filter{}), hub.Subscribe(acme, events.Filter{Names: []string{"b"}}), hub.Subscribe(other, events.Filter{})
	defer all.Close()
	defer some.Close()
	defer foreign.Close()
	hub.Publish(acme, named("a", "b"))
	hub.Publish(acme, named("c"))
	hub.Publish(other, named("d"))
	names, skipped := next(t, all)
	require.Equal(t, []string{"a", "b", "c"}, names)
	require.Zero(t, skipped)
	names, _ = next(t, some)
	require.Equal(t, []string{"b"}, names)
	names, _ = next(t, foreign)
	require.Equal(t, []string{"d"}, names)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := some.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestASlowReaderIsToldWhatItMissed(t *testing.T) {
	hub := tail.New()
	slow := hub.Subscribe(acme, events.Filter{})
	defer slow.Close()
	const all = 2500
	for n := range all {
		hub.Publish(acme, named(strconv.Itoa(n)))
	}
	names, skipped := next(t, slow)
	require.Equal(t, all, int(skipped)+len(names))
	require.Equal(t, strconv.FormatInt(skipped, 10), names[0], "the newest are kept")
	hub.Publish(acme, named("after"))
	names, skipped = next(t, slow)
	require.Equal(t, []string{"after"}, names)
	require.Zero(t, skipped)
}

func TestAClosedReaderIsForgotten(t *testing.T) {
	hub := tail.New()
	r := hub.Subscribe(acme, events.Filter{})
	r.Close()
	r.Close()
	hub.Publish(acme, named("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := r.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
