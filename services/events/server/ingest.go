package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
)

// The values of EVENTS_QUEUE.
const (
	queueSegments  = "segments"
	queuePebble    = "pebble"
	queueJetStream = "jetstream"
)

// The values of EVENTS_LOOKUP.
const (
	lookUpAuto   = "auto"
	lookUpAlways = "always"
)

// Ingest is the settings of the way in.
type Ingest struct {
	// Queue says what keeps the log of accepted events: segments, files of this machine; pebble, an embedded engine in a folder of this machine; or jetstream,
	// on brokers that several instances share.
	Queue string `env:"EVENTS_QUEUE" envDefault:"segments"`
	// NATS is where the log is when it is on brokers.
	NATS NATS `envPrefix:"EVENTS_NATS_"`
	// QueueDir is the folder of the log of accepted events; empty: there is no log, and an event is acknowledged when the database has it.
	QueueDir string `env:"EVENTS_QUEUE_DIR"`
	// QueueBytes is how much may wait in the log for the database.
	QueueBytes int64 `env:"EVENTS_QUEUE_BYTES" envDefault:"8589934592"`
	// QueueSpareBytes is how much of the log's disk is left free.
	QueueSpareBytes int64 `env:"EVENTS_QUEUE_SPARE_BYTES" envDefault:"536870912"`
	// DedupeHorizon is how long the log remembers the ids of events; what is older is known by the database alone.
	DedupeHorizon time.Duration `env:"EVENTS_DEDUPE_HORIZON" envDefault:"24h"`
	// DedupeEvents is how many ids are remembered at most, about 40 bytes each.
	DedupeEvents int `env:"EVENTS_DEDUPE_EVENTS" envDefault:"10000000"`

	// Lookup says which ids are looked up in the database: auto, those that the log cannot know, or always, all of them, where several instances with logs of
	// their own write into one database.
	Lookup string `env:"EVENTS_LOOKUP" envDefault:"auto"`

	// MaxEventBytes is how many bytes the texts of an event may have together.
	MaxEventBytes int `env:"EVENTS_MAX_EVENT_BYTES" envDefault:"1048576"`
	// MaxNameLength is how many characters the name of an event may have.
	MaxNameLength int `env:"EVENTS_MAX_NAME_LENGTH" envDefault:"200"`
	// MaxPropertyDepth is how deep properties may nest.
	MaxPropertyDepth int `env:"EVENTS_MAX_PROPERTY_DEPTH" envDefault:"64"`

	// OrganizationRate is how many events a second an organization may send for long; 0: any number.
	OrganizationRate float64 `env:"EVENTS_ORGANIZATION_RATE"`
	// OrganizationBurst is how many of them may come at once.
	OrganizationBurst int `env:"EVENTS_ORGANIZATION_BURST" envDefault:"100000"`
	// KeyRate is how many events a second may come with one key for long; 0: any number.
	KeyRate float64 `env:"EVENTS_KEY_RATE"`
	// KeyBurst is how many of them may come at once.
	KeyBurst int `env:"EVENTS_KEY_BURST" envDefault:"100000"`
	// QuotaHold is how long a refusal for the quota is kept back from who was told to wait and sends all the same.
	QuotaHold time.Duration `env:"EVENTS_QUOTA_HOLD" envDefault:"1s"`
}

// Validate joins all mistakes.
func (c Ingest) Validate() error {
	var mistakes []error
	for name, value := range map[string]float64{
		"EVENTS_QUEUE_BYTES": float64(c.QueueBytes), "EVENTS_DEDUPE_EVENTS": float64(c.DedupeEvents), "EVENTS_MAX_EVENT_BYTES": float64(c.MaxEventBytes),
		"EVENTS_MAX_NAME_LENGTH": float64(c.MaxNameLength), "EVENTS_MAX_PROPERTY_DEPTH": float64(c.MaxPropertyDepth),
		"EVENTS_ORGANIZATION_BURST": float64(c.OrganizationBurst), "EVENTS_KEY_BURST": float64(c.KeyBurst),
	} {
		if value < 1 {
			mistakes = append(mistakes, fmt.Errorf("%s %g is less than 1", name, value))
		}
	}
	for name, value := range map[string]float64{
		"EVENTS_QUEUE_SPARE_BYTES": float64(c.QueueSpareBytes), "EVENTS_DEDUPE_HORIZON": c.DedupeHorizon.Seconds(),
		"EVENTS_ORGANIZATION_RATE": c.OrganizationRate, "EVENTS_KEY_RATE": c.KeyRate, "EVENTS_QUOTA_HOLD": c.QuotaHold.Seconds(),
	} {
		if value < 0 {
			mistakes = append(mistakes, fmt.Errorf("%s %g is negative", name, value))
		}
	}
	if c.Lookup != lookUpAuto && c.Lookup != lookUpAlways {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_LOOKUP %q is neither %s nor %s", c.Lookup, lookUpAuto, lookUpAlways))
	}
	return errors.Join(append(mistakes, c.validateQueue())...)
}

// options are what the intake is given, which hands what it has accepted to a store that takes blocks, or to none. The log is nil when there is none;
// who calls closes it. Over is closed when a stop may last no longer. Acquired is called when it is taken over from others
// that share it, to whom instance names this process.
func (c Ingest) options(ctx context.Context, over <-chan struct{}, acquired func(), instance string, blocks queue.BlockStore, logger *slog.Logger, disk vfs.FS) ([]ingest.Option, queue.Queue, error) {
	options := []ingest.Option{
		ingest.WithLimits(ingest.Limits{EventBytes: c.MaxEventBytes, NameLength: c.MaxNameLength, PropertyDepth: c.MaxPropertyDepth}),
		ingest.WithRates(ingest.Rates{
			Hold:         c.QuotaHold,
			Key:          ingest.Rate{Burst: c.KeyBurst, PerSecond: c.KeyRate},
			Organization: ingest.Rate{Burst: c.OrganizationBurst, PerSecond: c.OrganizationRate},
		}),
	}
	log, err := c.openQueue(ctx, over, acquired, instance, logger, disk)
	if log == nil || err != nil {
		return options, nil, err
	}
	return append(options, ingest.WithLog(ingest.Log{
		Blocks: blocks, Horizon: c.DedupeHorizon, LookUpAlways: c.Lookup == lookUpAlways, MaxIDs: c.DedupeEvents, Over: over, Queue: log,
	})), log, nil
}
