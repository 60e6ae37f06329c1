package seglog

import (
	"log/slog"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/pebblelog"
)

// What a group of the benchmark is, how many are on their way at once, and when what was appended is read and committed, as the intake does.
const (
	benchFrames  = 16
	benchEvents  = 100
	benchFlights = 4
	benchBlock   = 32 << 20
	benchTurn    = 256 << 20 // bytes of frames of a turn
)

// BenchmarkPeer appends, reads and commits the same frames with this log and with Pebble, in turns in one run, and reports frames a second and CPU for an event of
// both, and their ratios.
func BenchmarkPeer(b *testing.B) {
	for _, size := range []int{18 << 10, 82 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			fatal := func(sentence string) { b.Errorf("fatal: %s", sentence) }
			own, err := Open(Options{Bytes: 1 << 40, Dir: filepath.Join(b.TempDir(), "own"), Fatal: fatal, Logger: slog.New(slog.DiscardHandler)})
			require.NoError(b, err)
			defer func() { require.NoError(b, own.Close()) }()
			peer, err := pebblelog.Open(pebblelog.Options{Bytes: 1 << 40, Dir: filepath.Join(b.TempDir(), "peer"), Fatal: fatal, Logger: slog.New(slog.DiscardHandler)})
			require.NoError(b, err)
			defer func() { require.NoError(b, peer.Close()) }()
			entries := make([]queue.Entry, benchFrames)
			for i := range entries {
				entries[i] = entry(string(make([]byte, size)), make([]uuid.UUID, benchEvents)...)
				for j := range entries[i].Frame {
					entries[i].Frame[j] = byte(i * j * j >> 5)
				}
			}
			room := make([]byte, 0, benchBlock)
			turn(b, own, entries, room) // files and memory are there
			turn(b, peer, entries, room)
			var ownTime, peerTime, ownCPU, peerCPU time.Duration
			for b.Loop() {
				elapsed, cpu := turn(b, own, entries, room)
				ownTime, ownCPU = ownTime+elapsed, ownCPU+cpu
				elapsed, cpu = turn(b, peer, entries, room)
				peerTime, peerCPU = peerTime+elapsed, peerCPU+cpu
			}
			frames := float64(b.N * (benchTurn / size / benchFrames) * benchFrames)
			b.ReportMetric(frames/ownTime.Seconds(), "own-frames/s")
			b.ReportMetric(frames/peerTime.Seconds(), "pebble-frames/s")
			b.ReportMetric(float64(ownCPU.Nanoseconds())/1e3/frames/benchEvents, "own-µs/event")
			b.ReportMetric(float64(peerCPU.Nanoseconds())/1e3/frames/benchEvents, "pebble-µs/event")
			b.ReportMetric(float64(peerTime)/float64(ownTime), "rate-ratio")
			b.ReportMetric(float64(peerCPU)/float64(ownCPU), "cpu-ratio")
		})
	}
}

// turn takes a log's turn and returns how long it took, and the CPU of the process meanwhile.
func turn(b *testing.B, l queue.Queue, entries []queue.Entry, room []byte) (elapsed, cpu time.Duration) {
	b.Helper()
	start, before := time.Now(), processCPU(b)
	var flights []queue.Pending
	block, read := 0, l.Committed()
	for range benchTurn / len(entries[0].Frame) / benchFrames {
		if len(flights) == benchFlights {
			require.NoError(b, flights[0].Wait())
			flights = flights[1:]
		}
		p, err := l.Append(b.Context(), 1, entries)
		require.NoError(b, err)
		flights = append(flights, p)
		if block += len(entries) * len(entries[0].Frame); block >= benchBlock {
			records, err := l.Read(b.Context(), read, flights[0].First()-1, benchBlock, room)
			require.NoError(b, err)
			block, read = 0, records[len(records)-1].Position
			require.NoError(b, l.Commit(b.Context(), read))
		}
	}
	for _, p := range flights {
		require.NoError(b, p.Wait())
	}
	require.NoError(b, l.Commit(b.Context(), l.Last()))
	return time.Since(start), processCPU(b) - before
}

func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
