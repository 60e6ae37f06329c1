package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	logsv1 "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// How long each side is measured in a round, and how much of it is on its way at once: the events service has streams with 16 batches unanswered, the
// collector as many callers as fill its blocks.
const (
	peerLength     = 5 * time.Second
	peerBatch      = 100
	peerStreams    = 64
	peerUnanswered = 16
	peerCallers    = 768
)

// BenchmarkCollector measures events a second that are in ClickHouse when their sender is answered: by StreamEvents at STORED, and by an OpenTelemetry
// Collector whose exporter waits for its result, into the same server, in turns. stored/peer is the ratio; the µs are CPU per event of the service, of the collector,
// and of ClickHouse while each wrote. DEVTRAIL_BENCH_COLLECTOR names the collector (go run ./bench/collector builds it).
func BenchmarkCollector(b *testing.B) {
	binary := os.Getenv("DEVTRAIL_BENCH_COLLECTOR")
	if binary == "" {
		b.Skip("DEVTRAIL_BENCH_COLLECTOR names no collector: go run ./bench/collector")
	}
	for _, kind := range []struct {
		name string
		keys int // of the properties
	}{{"lean", 4}, {"fat", 22}} {
		b.Run(kind.name, func(b *testing.B) {
			address := dbtest.ClickHouse(b, eventsmigrations.ClickHouse())
			server, err := url.Parse(address)
			require.NoError(b, err)
			c := &child{t: b, how: counting, settings: map[string]string{
				"DEVTRAIL_OPERATOR_KEY": auth.NewToken(auth.PrefixOperator), "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
				"EVENTS_ADDRESS": freeAddress(b), "EVENTS_DEBUG_ADDRESS": "", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": freeAddress(b),
				"EVENTS_QUEUE_DIR": filepath.Join(b.TempDir(), "queue"), "EVENTS_STORE": storeClickHouse, "EVENTS_CLICKHOUSE_URL": address,
			}}
			c.start()
			b.Cleanup(c.kill)
			peer := startCollector(b, binary, server)
			ours := side{pid: c.cmd.Process.Pid, server: server, send: streams(b, c.settings["EVENTS_ADDRESS"], c.settings["DEVTRAIL_OPERATOR_KEY"], kind.keys)}
			theirs := side{pid: peer.pid, server: server, send: exports(b, peer.address, kind.keys)}
			for b.Loop() {
				ours.measure(b)
				theirs.measure(b)
			}
			b.ReportMetric(ours.rate()/theirs.rate(), "stored/peer")
			b.ReportMetric(ours.rate(), "stored/s")
			b.ReportMetric(theirs.rate(), "peer/s")
			b.ReportMetric(ours.micros(ours.own), "service-µs")
			b.ReportMetric(ours.micros(ours.database), "service-db-µs")
			b.ReportMetric(theirs.micros(theirs.own), "peer-µs")
			b.ReportMetric(theirs.micros(theirs.database), "peer-db-µs")
		})
	}
}

// side is what one of the two did.
type side struct {
	pid    int
	server *url.URL
	send   func(ctx context.Context, until time.Time) int64 // returns events that were answered

	events        int64
	elapsed       time.Duration
	own, database time.Duration // CPU
}

func (s *side) measure(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), 2*time.Minute)
	defer cancel()
	own, database, start := cpuOf(b, s.pid), cpuOfDatabase(b, s.server), time.Now()
	s.events += s.send(ctx, start.Add(peerLength))
	s.elapsed += time.Since(start)
	s.own += cpuOf(b, s.pid) - own
	s.database += cpuOfDatabase(b, s.server) - database
}

func (s *side) rate() float64                  { return float64(s.events) / s.elapsed.Seconds() }
func (s *side) micros(d time.Duration) float64 { return float64(d.Microseconds()) / float64(s.events) }

// cpuOf is the CPU time that a process has used.
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(b, err)
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	var ticks int64 // of 10 ms, as everywhere on Linux
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// cpuOfDatabase is the CPU time of the queries and merges of the server.
func cpuOfDatabase(b *testing.B, server *url.URL) time.Duration {
	b.Helper()
	client := database(b, server)
	defer func() { require.NoError(b, client.Close()) }()
	var micros proto.ColUInt64
	require.NoError(b, client.Do(context.WithoutCancel(b.Context()), ch.Query{
		Body:   "SELECT sum(value) AS micros FROM system.events WHERE event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')",
		Result: proto.Results{{Name: "micros", Data: &micros}},
	}))
	return time.Duration(micros.Row(0)) * time.Microsecond
}

func database(b *testing.B, server *url.URL) *ch.Client {
	b.Helper()
	client, err := ch.Dial(context.WithoutCancel(b.Context()), ch.Options{Address: server.Host, User: "default"})
	require.NoError(b, err)
	return client
}

// properties are some keys and values of an event.
func properties(keys int) (names, values []string) {
	for n := range keys {
		names, values = append(names, fmt.Sprintf("property_%02d", n)), append(values, fmt.Sprintf("value %d of it", n*7919))
	}
	return names, values
}

// streams sends batches to the service and returns the events that it answered to be stored.
func streams(b *testing.B, address, key string, keys int) func(ctx context.Context, until time.Time) int64 {
	b.Helper()
	conn, err := dial.New(address, dial.Options{Token: key})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	client := eventsv1.NewIngestServiceClient(conn)
	names, values := properties(keys)
	var text strings.Builder
	for i := range names {
		fmt.Fprintf(&text, `,%q:%q`, names[i], values[i])
	}
	properties := "{" + text.String()[1:] + "}"
	one := func(ctx context.Context, until time.Time, count *atomic.Int64) error {
		stream, err := client.StreamEvents(dial.WithOrganization(ctx, organization))
		if err != nil {
			return err
		}
		room := make(chan struct{}, peerUnanswered)
		ended := make(chan error, 1)
		go func() {
			for {
				answer, err := stream.Recv()
				if err != nil {
					ended <- err
					close(room)
					return
				}
				for _, r := range answer.GetResults() {
					if r.GetStatus() == eventsv1.CaptureStatus_CAPTURE_STATUS_STORED {
						count.Add(1)
					}
				}
				<-room
			}
		}()
		for n := int64(0); time.Now().Before(until); n++ {
			req := &eventsv1.StreamEventsRequest{Ack: eventsv1.AckLevel_ACK_LEVEL_STORED, Events: make([]*eventsv1.Event, peerBatch), Sequence: n}
			now := timestamppb.Now()
			for i := range req.Events {
				req.Events[i] = &eventsv1.Event{
					Id: uuid.NewString(), Name: "package.added", OccurredAt: now, Packages: []string{"pkg:npm/left-pad@1.3.0"}, Project: "github.com/example/shop",
					PropertiesJson: properties, SessionId: "0198c0de-0000-7000", Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git"},
				}
			}
			select {
			case room <- struct{}{}:
			case err := <-ended:
				return err
			}
			if err := stream.Send(req); err != nil {
				return err
			}
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		if err := <-ended; !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	}
	return func(ctx context.Context, until time.Time) int64 {
		var count atomic.Int64
		var working sync.WaitGroup
		for range peerStreams {
			working.Go(func() {
				if err := one(ctx, until, &count); err != nil {
					b.Errorf("stream: %v", err)
				}
			})
		}
		working.Wait()
		return count.Load()
	}
}

// collector is a peer that runs.
type collector struct {
	pid     int
	address string
}

// startCollector starts one whose exporter is tuned as the collector allows: it waits for its result, inserts large blocks itself and compresses nothing.
func startCollector(b *testing.B, binary string, server *url.URL) collector {
	b.Helper()
	client := database(b, server)
	name := "otel_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	require.NoError(b, client.Do(b.Context(), ch.Query{Body: "CREATE DATABASE " + name}))
	address := freeAddress(b)
	config := filepath.Join(b.TempDir(), "collector.yaml")
	require.NoError(b, os.WriteFile(config, fmt.Appendf(nil, `
receivers: {otlp: {protocols: {grpc: {endpoint: %q, max_recv_msg_size_mib: 16}}}}
exporters:
  clickhouse:
    endpoint: %q
    database: %q
    username: default
    async_insert: false
    compress: none
    timeout: 60s
    sending_queue: {wait_for_result: true, num_consumers: 4, queue_size: 1000000, sizer: items, batch: {min_size: 50000, max_size: 100000, flush_timeout: 200ms}}
service:
  telemetry: {logs: {level: error}, metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], exporters: [clickhouse]}}
`, address, "tcp://"+server.Host, name), 0o600))
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), binary, "--config", "file:"+config)
	cmd.Stderr = os.Stderr
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		require.NoError(b, cmd.Process.Kill())
		_ = cmd.Wait()
		require.NoError(b, client.Do(context.WithoutCancel(b.Context()), ch.Query{Body: "DROP DATABASE " + name + " SYNC"}))
		require.NoError(b, client.Close())
	})
	require.Eventually(b, func() bool { return listening(address) }, time.Minute, 20*time.Millisecond)
	return collector{address: address, pid: cmd.Process.Pid}
}

// exports sends the same events as log records and returns those that the collector answered to be stored.
func exports(b *testing.B, address string, keys int) func(ctx context.Context, until time.Time) int64 {
	b.Helper()
	conn, err := dial.New(address, dial.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	client := collectorv1.NewLogsServiceClient(conn)
	text := func(s string) *commonv1.AnyValue {
		return &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: s}}
	}
	attribute := func(key, value string) *commonv1.KeyValue {
		return &commonv1.KeyValue{Key: key, Value: text(value)}
	}
	names, values := properties(keys)
	shared := []*commonv1.KeyValue{attribute("package", "pkg:npm/left-pad@1.3.0"), attribute("session_id", "0198c0de-0000-7000")}
	for i := range names {
		shared = append(shared, attribute(names[i], values[i]))
	}
	resource := []*commonv1.KeyValue{attribute("organization", organization), attribute("service.name", "git"), attribute("project", "github.com/example/shop")}
	request := func() *collectorv1.ExportLogsServiceRequest {
		records := make([]*logsv1.LogRecord, peerBatch)
		now := uint64(time.Now().UnixNano())
		for i := range records {
			records[i] = &logsv1.LogRecord{
				Attributes: append([]*commonv1.KeyValue{attribute("id", uuid.NewString())}, shared...), Body: text("package.added"), ObservedTimeUnixNano: now, TimeUnixNano: now,
			}
		}
		return &collectorv1.ExportLogsServiceRequest{ResourceLogs: []*logsv1.ResourceLogs{{
			Resource: &resourcev1.Resource{Attributes: resource}, ScopeLogs: []*logsv1.ScopeLogs{{LogRecords: records}},
		}}}
	}
	return func(ctx context.Context, until time.Time) int64 {
		var count atomic.Int64
		var working sync.WaitGroup
		for range peerCallers {
			working.Go(func() {
				for time.Now().Before(until) {
					answer, err := client.Export(ctx, request())
					if err != nil {
						b.Errorf("export: %v", err)
						return
					}
					count.Add(peerBatch - answer.GetPartialSuccess().GetRejectedLogRecords())
				}
			})
		}
		working.Wait()
		return count.Load()
	}
}
