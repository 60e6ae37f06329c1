package seglog

import (
	"log/slog"
	"testing"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
)

func TestConformance(t *testing.T) {
	queuetest.RunFolder(t, segmentSuffix, func(f queuetest.Folder) (queue.Queue, error) {
		return Open(Options{Dir: f.Dir, FS: f.FS, Bytes: f.Bytes, Spare: f.Spare, Fatal: f.Fatal, Logger: slog.New(slog.DiscardHandler), SegmentBytes: 1 << 20})
	})
}
