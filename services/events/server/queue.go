package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/jetstream"
	"devtrail.dev/services/events/internal/queue/pebblelog"
	"devtrail.dev/services/events/internal/queue/seglog"
)

// NATS is the settings of a log on JetStream.
type NATS struct {
	// URL is the brokers, separated by commas; needed when the queue is jetstream. Each may hold a password or a token.
	URL string `env:"URL" secret:"true"`
	// Credentials are the user's JWT and seed, as nsc writes them into a .creds file; empty for none. EVENTS_NATS_CREDENTIALS_FILE names the file.
	Credentials string `env:"CREDENTIALS" secret:"true"`
	// Stream names the log. Instances with the same name share it; it belongs to one database.
	Stream string `env:"STREAM" envDefault:"DEVTRAIL_EVENTS"`
	// Replicas is on how many brokers each message is before it is acknowledged.
	Replicas int `env:"REPLICAS" envDefault:"3"`
	// Lease is how long the instance that has the log may be silent before another takes it over.
	Lease time.Duration `env:"LEASE" envDefault:"10s"`
	// Instance names this process to the others; empty: the host's name and the address at which it listens.
	Instance string `env:"INSTANCE"`
}

// streamName is what both streams and subjects may be called.
var streamName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// validateQueue joins the mistakes about the log.
func (c Ingest) validateQueue() error {
	var mistakes []error
	switch {
	case c.Queue != queueSegments && c.Queue != queuePebble && c.Queue != queueJetStream:
		mistakes = append(mistakes, fmt.Errorf("EVENTS_QUEUE %q is neither segments nor pebble nor jetstream", c.Queue))
	case c.Queue == queueJetStream && c.NATS.URL == "":
		mistakes = append(mistakes, errors.New("EVENTS_NATS_URL is empty: EVENTS_QUEUE=jetstream needs it"))
	case c.Queue == queueJetStream && c.QueueDir != "":
		mistakes = append(mistakes, errors.New("EVENTS_QUEUE_DIR is set, but EVENTS_QUEUE=jetstream keeps nothing in a folder"))
	}
	if !streamName.MatchString(c.NATS.Stream) {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_NATS_STREAM %q is not letters, digits, _ and -, 64 at most", c.NATS.Stream))
	}
	if c.NATS.Replicas < 1 || c.NATS.Replicas > 5 {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_NATS_REPLICAS %d is not 1 to 5", c.NATS.Replicas))
	}
	if c.NATS.Lease < time.Second {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_NATS_LEASE %s is less than a second", c.NATS.Lease))
	}
	return errors.Join(mistakes...)
}

// openQueue opens the log that the settings name; nil when there is none. Acquired is called when this process takes over a log that others have had.
func (c Ingest) openQueue(ctx context.Context, over <-chan struct{}, acquired func(), instance string, logger *slog.Logger, disk vfs.FS) (queue.Queue, error) {
	fatal := func(sentence string) {
		logger.ErrorContext(ctx, "the service ends, so that nothing is acknowledged that is not kept", "reason", sentence)
		os.Exit(1)
	}
	if c.Queue == queueJetStream {
		if c.NATS.Instance != "" {
			instance = c.NATS.Instance
		}
		log, err := jetstream.Open(ctx, jetstream.Options{
			Acquired: acquired, Bytes: c.QueueBytes, Credentials: c.NATS.Credentials, Fatal: fatal, Instance: instance, Lease: c.NATS.Lease, Logger: logger,
			Over: over, Replicas: c.NATS.Replicas, Stream: c.NATS.Stream, URL: c.NATS.URL,
		})
		if err != nil {
			return nil, err // not a log that is nil
		}
		return log, nil
	}
	if c.QueueDir == "" {
		return nil, nil
	}
	first, second := c.openSegments, c.openPebble
	if c.Queue == queuePebble {
		first, second = second, first
	}
	log, err := first(fatal, logger, disk)
	if errors.Is(err, queue.ErrOther) {
		logger.WarnContext(ctx, "the log of accepted events stays with the engine that has kept it so far: once it is drained, give EVENTS_QUEUE_DIR another folder", "reason", err.Error())
		return second(fatal, logger, disk)
	}
	return log, err
}

func (c Ingest) openSegments(fatal func(string), logger *slog.Logger, disk vfs.FS) (queue.Queue, error) {
	log, err := seglog.Open(seglog.Options{Bytes: c.QueueBytes, Dir: c.QueueDir, Fatal: fatal, FS: disk, Logger: logger, Spare: c.QueueSpareBytes})
	if err != nil {
		return nil, err // not a log that is nil
	}
	return log, nil
}

func (c Ingest) openPebble(fatal func(string), logger *slog.Logger, disk vfs.FS) (queue.Queue, error) {
	log, err := pebblelog.Open(pebblelog.Options{Bytes: c.QueueBytes, Dir: c.QueueDir, Fatal: fatal, FS: disk, Logger: logger, Spare: c.QueueSpareBytes})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// instanceName names a process that listens at an address.
func instanceName(address string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + address
}
