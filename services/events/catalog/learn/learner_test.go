package learn_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/internal/memory"
)

var org = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")

// counted is a store that counts what is read and may be away.
type counted struct {
	*memory.Store
	read int
	away atomic.Bool
}

func (s *counted) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	if s.away.Load() {
		return errors.New("the store is away")
	}
	return s.Store.Occurrences(ctx, organization, r, func(o catalog.Occurrence) error {
		s.read++
		return yield(o)
	})
}

func (s *counted) tell(t *testing.T, name string, at time.Time) {
	t.Helper()
	e, err := events.Event{ID: uuid.NewSHA1(uuid.Nil, []byte(name)), Name: name, OccurredAt: at, Source: events.Source{Kind: events.SourceSDK}}.Canonical(at)
	require.NoError(t, err)
	_, err = s.Append(t.Context(), org, []events.Event{e})
	require.NoError(t, err)
}

func (s *counted) names(t *testing.T) []string {
	t.Helper()
	list, err := s.Learned(t.Context(), org)
	require.NoError(t, err)
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
	}
	return names
}

func TestOnlyDaysThatChangedAreRead(t *testing.T) {
	t.Parallel()
	s := &counted{Store: memory.New(func() time.Time { return noon })}
	l := learn.New(s, slog.New(slog.DiscardHandler), func() time.Time { return noon })
	for i := range 5 {
		s.tell(t, strconv.Itoa(i), noon.AddDate(0, 0, i))
	}
	require.NoError(t, l.Learn(t.Context(), org))
	require.Equal(t, 5, s.read)
	require.NoError(t, l.Learn(t.Context(), org))
	require.Equal(t, 5, s.read, "nothing changed")
	s.tell(t, "late", noon.AddDate(0, 0, 1))
	s.tell(t, "later", noon.AddDate(0, 0, 3))
	require.NoError(t, l.Learn(t.Context(), org))
	require.Equal(t, 9, s.read, "two days of two events each")
	require.Equal(t, []string{"0", "1", "2", "3", "4", "late", "later"}, s.names(t))
}

func TestALearnerLearnsOfWhomItHears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: memory.New(time.Now)}
		s.tell(t, "first", noon)
		l := learn.New(s, slog.New(slog.DiscardHandler), time.Now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		synctest.Wait()
		require.Equal(t, []string{"first"}, s.names(t), "it looks at all in the beginning")
		s.away.Store(true)
		s.tell(t, "second", noon)
		l.Hear(org)
		<-time.After(30 * time.Second) // of the bubble
		synctest.Wait()
		require.Equal(t, []string{"first"}, s.names(t))
		s.away.Store(false)
		<-time.After(30 * time.Second) // of the bubble
		synctest.Wait()
		require.Equal(t, []string{"first", "second"}, s.names(t), "what failed is tried again")
		stop()
		require.NoError(t, <-done)
	})
}

// torn is a store that cannot read the events of its first organization.
type torn struct {
	*memory.Store
	of uuid.UUID
}

func (s torn) Organizations(context.Context) ([]uuid.UUID, error) {
	return []uuid.UUID{s.of, {0: 2}, {0: 3}}, nil
}

func (s torn) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	if organization == s.of {
		return errors.New("its events cannot be read")
	}
	return s.Store.Occurrences(ctx, organization, r, yield)
}

func TestWhatFailsForOneOrganizationKeepsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := torn{Store: memory.New(time.Now), of: uuid.UUID{1}}
		l := learn.New(s, slog.New(slog.DiscardHandler), time.Now)
		organizations, err := s.Organizations(t.Context())
		require.NoError(t, err)
		for _, organization := range organizations {
			e, err := events.Event{ID: uuid.New(), Name: "a", OccurredAt: time.Now(), Source: events.Source{Kind: events.SourceSDK}}.Canonical(time.Now())
			require.NoError(t, err)
			_, err = s.Append(t.Context(), organization, []events.Event{e})
			require.NoError(t, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		<-time.After(10 * time.Minute)
		stop()
		require.NoError(t, <-done)
		for _, organization := range organizations {
			learned, err := s.Learned(t.Context(), organization)
			require.NoError(t, err)
			require.Equal(t, organization != s.of, len(learned) == 1, organization)
		}
	})
}

func TestALookRestsLongerThanItWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{counted: counted{Store: memory.New(time.Now)}}
		began := time.Now()
		require.NoError(t, learn.New(s, slog.New(slog.DiscardHandler), time.Now).Learn(t.Context(), org))
		took := time.Since(began)
		require.Equal(t, slowEvents, s.read)
		require.InDelta(t, 50, float64(took)/float64(s.worked), 2)
		require.Len(t, s.names(t), 1)

		ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer stop()
		began = time.Now()
		require.ErrorIs(t, learn.New(s, slog.New(slog.DiscardHandler), time.Now).Learn(ctx, uuid.New()), context.DeadlineExceeded)
		require.Less(t, time.Since(began), 100*time.Millisecond, "it is woken when it is to end")
	})
}

const slowEvents = 20_000

// slow is a store that takes a while for each of many events of a day.
type slow struct {
	counted

	worked time.Duration
}

func (*slow) EventDays(context.Context, uuid.UUID) ([]catalog.DayCount, error) {
	return []catalog.DayCount{{Day: catalog.DayOf(noon), Events: slowEvents}}, nil
}

func (s *slow) Occurrences(_ context.Context, _ uuid.UUID, _ events.Range, yield func(catalog.Occurrence) error) error {
	for n := range slowEvents {
		const each = 20 * time.Microsecond
		<-time.After(each) // of the bubble
		s.read, s.worked = s.read+1, s.worked+each
		if err := yield(catalog.Occurrence{Name: "a", At: noon, ID: uuid.UUID{14: byte(n >> 8), 15: byte(n)}, Properties: "{}"}); err != nil {
			return err
		}
	}
	return nil
}
