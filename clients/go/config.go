package devtrail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Config says where events go and how. Target and Token are required; every other field has a usable zero value.
type Config struct {
	// Target is the gRPC address of the events service, like "events:7404". Requests take turns among the instances when the name has several addresses.
	Target string
	// Token is an API key; an ingest key (dvi_...) can send events and nothing else.
	Token string
	// Organization is the UUID of the organization, for operator keys, which name one. Others have their own.
	Organization string
	// TLS encrypts the connection. Without it a token is sent in the clear, so Plaintext must say that this is meant.
	TLS *tls.Config
	// Plaintext allows a connection without TLS: on one machine, in a private network.
	Plaintext bool
	// Stored makes the service answer when events are in its database; else it answers when they are on its disk.
	Stored bool

	// BatchEvents and BatchBytes are how much a request holds at most; 500 events and 1 MiB when zero. The service takes at most 5,000 and 20 MiB.
	BatchEvents int
	BatchBytes  int
	// Linger is how long an event waits for others to share its request; 1 s when zero, none when negative.
	Linger time.Duration
	// QueueEvents and QueueBytes are how much waits in memory at most, what is under way included; 10,000 events and 16 MiB when zero.
	// Beyond, Send waits.
	QueueEvents int
	QueueBytes  int
	// Timeout is how long a request may take; 30 s when zero. What is not answered by then is sent again, half as much at once.
	Timeout time.Duration
	// Backoff is the wait after a first failed request; it doubles with each that follows, up to MaxBackoff. 200 ms and 30 s when zero.
	// The wait that the service asks for is kept when it is longer.
	Backoff    time.Duration
	MaxBackoff time.Duration

	// Rejected is told of each event that the service refuses for good, with the reason. It must not block. May be nil.
	Rejected func(event *eventsv1.Event, result *eventsv1.CaptureResult)
	// Failed is told of each request that failed, with the status of gRPC, and of each that left events, with the reason; they will be sent again. A key that
	// is not accepted, a right or an organization that is missing are among them: nothing is dropped for those, so the queue fills until the setting is mended.
	// It must not block. May be nil.
	Failed func(err error)
	// Logger is told when requests fail and when they succeed again. May be nil.
	Logger *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Dial are further options of the connection, such as a dialer in tests.
	Dial []grpc.DialOption
}

func orElse[T int | time.Duration](value, other T) T {
	if value == 0 {
		return other
	}
	return value
}

func (c Config) withDefaults() Config {
	c.BatchEvents = orElse(c.BatchEvents, 500)
	c.BatchBytes = orElse(c.BatchBytes, 1<<20)
	c.Linger = max(orElse(c.Linger, time.Second), 0)
	c.QueueEvents = orElse(c.QueueEvents, 10_000)
	c.QueueBytes = orElse(c.QueueBytes, 16<<20)
	c.Timeout = orElse(c.Timeout, 30*time.Second)
	c.Backoff = orElse(c.Backoff, 200*time.Millisecond)
	c.MaxBackoff = max(orElse(c.MaxBackoff, 30*time.Second), c.Backoff)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // what nil means
	}
	return c
}

// What the contract lets a request hold. The service takes some more bytes than these, for the frames of the events.
const (
	maxBatchEvents = 5000
	maxBatchBytes  = 20 << 20
)

// validate refuses what could never be sent, or would wait for ever; a batch that is too large would be refused by the service again and again.
func (c Config) validate() error {
	var mistakes []error
	for _, limit := range []struct {
		name        string
		value, most int
	}{
		{"BatchEvents", c.BatchEvents, maxBatchEvents},
		{"BatchBytes", c.BatchBytes, maxBatchBytes},
		{"QueueEvents", c.QueueEvents, math.MaxInt},
		{"QueueBytes", c.QueueBytes, math.MaxInt},
		{"Timeout", int(c.Timeout), math.MaxInt},
		{"Backoff", int(c.Backoff), math.MaxInt},
		{"MaxBackoff", int(c.MaxBackoff), math.MaxInt},
	} {
		switch {
		case limit.value < 0:
			mistakes = append(mistakes, fmt.Errorf("devtrail: %s is negative", limit.name))
		case limit.value > limit.most:
			mistakes = append(mistakes, fmt.Errorf("devtrail: %s %d is more than %d, which is what a request may hold", limit.name, limit.value, limit.most))
		}
	}
	return errors.Join(mistakes...)
}

// headerOrganization names the organization of an operator's call.
const headerOrganization = "x-devtrail-organization"

func dial(cfg Config) (*grpc.ClientConn, error) {
	if cfg.Target == "" || cfg.Token == "" {
		return nil, errors.New("devtrail: Target and Token are required")
	}
	if cfg.TLS == nil && !cfg.Plaintext {
		return nil, errors.New("devtrail: without TLS the token is sent in the clear; set TLS, or Plaintext when that is meant")
	}
	transport := insecure.NewCredentials()
	if cfg.TLS != nil {
		transport = credentials.NewTLS(cfg.TLS)
	}
	// Requests take turns among the addresses that a name has: where several instances share a log, one of them takes events in at a time, and a client
	// that stays with another would be told RETRY for ever.
	turns := grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`)
	conn, err := grpc.NewClient(cfg.Target, append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(key{token: cfg.Token, organization: cfg.Organization}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithUserAgent("devtrail-go"),
		turns,
	}, cfg.Dial...)...)
	if err != nil {
		return nil, fmt.Errorf("devtrail: connect to %q: %w", cfg.Target, err)
	}
	return conn, nil
}

// key puts the credential into every call.
type key struct{ token, organization string }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (k key) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	md := map[string]string{"authorization": "Bearer " + k.token}
	if k.organization != "" {
		md[headerOrganization] = k.organization
	}
	return md, nil
}

// RequireTransportSecurity is false since New has judged that already.
func (key) RequireTransportSecurity() bool { return false }
