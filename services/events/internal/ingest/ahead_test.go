package ingest_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// ahead is an event of a clock that is so far ahead.
func (f *fixture) ahead(d time.Duration) ingest.Draft {
	made := draft("ahead")
	made.Event.OccurredAt = f.now().Add(d)
	return made
}

// The time of an event that is too far ahead is replaced, and it is sent again when that time has come: the ids of its hour are forgotten by then, in whatever life.
func TestAnEventOfAClockFarAheadIsKnownWhenItsTimeHasCome(t *testing.T) {
	for name, c := range map[string]struct {
		horizon, ahead time.Duration
		steps          []time.Duration // between restarts
	}{
		"a restart while its id is remembered": {24 * time.Hour, 40 * time.Hour, []time.Duration{time.Hour, 40 * time.Hour}},
		"a restart when nothing is remembered": {6 * time.Hour, 20 * time.Hour, []time.Duration{12 * time.Hour, 9 * time.Hour}},
		"a restart when its id is forgotten":   {24 * time.Hour, 40 * time.Hour, []time.Duration{31 * time.Hour, 10 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			f, move := clocked(t)
			f.log.Horizon = c.horizon
			f.start()
			d := f.ahead(c.ahead)
			require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, d))
			for i, step := range c.steps {
				if i == len(c.steps)-1 {
					break
				}
				f.stop()
				move(step)
				f.start()
				f.take(ingest.AckDatabase, f.fresh("awake")) // it has looked at its clock
			}
			move(c.steps[len(c.steps)-1])
			f.take(ingest.AckDatabase, f.fresh("another")) // which has ids forgotten
			require.True(t, f.doubted(d), "it is looked up")
			require.Len(t, f.stored(acme), len(c.steps)+1)
		})
	}
}

// What is kept of a clock that is far ahead leaves the bounds of blocks alone that nobody could take up yet.
func TestAClockFarAheadWhileTheDatabaseIsAway(t *testing.T) {
	f, move := clocked(t)
	f.start()
	f.store.away.Store(true)
	a := draft("a")
	f.take(ingest.AckDurable, a)
	before := f.kill()
	f.start()
	d := f.ahead(40 * time.Hour)
	f.take(ingest.AckDurable, d)
	f.stop()
	f.start()
	f.store.away.Store(false)
	f.take(ingest.AckDatabase, draft("b"))
	for number, was := range before {
		require.Equal(t, was.Cut, f.sent()[number].Cut)
	}
	require.Len(t, f.stored(acme), 3)
	move(41 * time.Hour)
	f.take(ingest.AckDatabase, f.fresh("another"))
	require.True(t, f.doubted(d))
	require.Len(t, f.stored(acme), 4)
}

// A device that does not know the time sends the Unix epoch, and comes back with the event when its id is forgotten, beside new ones.
func TestAnEventOfTheEpochIsKnownBesideNewOnes(t *testing.T) {
	f, move := clocked(t)
	f.start()
	d := f.fresh("epoch")
	d.Event.OccurredAt = events.MinTime
	f.take(ingest.AckDatabase, d)
	move(3 * 24 * time.Hour)
	f.take(ingest.AckDatabase, f.fresh("another")) // which has ids forgotten
	move(time.Hour)
	require.True(t, f.doubted(d, f.fresh("new")), "it is looked up")
}

// A log that remembers more than before does not take the first hour that is left for its beginning: what it had forgotten may come again.
func TestAnEventOfAClockAheadIsKnownToALogThatRemembersMoreThanBefore(t *testing.T) {
	for name, c := range map[string]struct {
		before, after ingest.Log
		ahead, awake  time.Duration // how far ahead it is, and when its id is forgotten
	}{
		"a longer horizon": {ingest.Log{Horizon: 6 * time.Hour}, ingest.Log{Horizon: 240 * time.Hour}, 20 * time.Hour, 12 * time.Hour},
		"room for more":    {ingest.Log{Horizon: 24 * time.Hour, MaxIDs: 1}, ingest.Log{Horizon: 24 * time.Hour}, 10 * time.Hour, 7 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			f, move := clocked(t)
			f.log = c.before
			f.start()
			d := f.ahead(c.ahead)
			require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, d))
			f.stop()
			f.start()
			require.Eventually(t, func() bool { // its id does not stand with its frame any more, and can be forgotten
				_, err := os.Stat(filepath.Join(f.dir, "00000000000000000001.log"))
				return errors.Is(err, fs.ErrNotExist)
			}, time.Minute, time.Millisecond)
			move(c.awake)
			f.take(ingest.AckDatabase, f.fresh("awake"))
			f.take(ingest.AckDatabase, f.fresh("another")) // which has ids forgotten
			f.stop()
			f.log = c.after
			f.start()
			move(c.ahead - c.awake + time.Hour)
			before := len(f.sent())
			require.True(t, f.doubted(d), "it is looked up")
			require.Len(t, f.sent(), before+1, "since the log does not know it")
			move(24 * time.Hour)
			require.False(t, f.doubted(f.fresh("new")), "what is later than all that was forgotten is not")
		})
	}
}
