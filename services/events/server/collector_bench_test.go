package server

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	logsv1 "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve/servetest"
)

// peerLength is how long each side is measured in a round.
const peerLength = 5 * time.Second

// peers are how many callers the collector has: so many that its blocks go when the time for them is over, as many as fill its blocks, and as many as have as much
// on its way with fat events as the streams of the service have.
var peers = []struct {
	name    string
	callers int
}{{"peer", 256}, {"peer-full", 768}, {"peer-most", 2048}}

// BenchmarkCollector measures events a second that are in ClickHouse when their sender is answered: by StreamEvents at STORED, and by an OpenTelemetry
// Collector whose exporter waits for its result, into the same server, in turns. stored/peer and those beside it are the ratios by how many callers the collector
// has, stored/best that to the fastest of them; the µs are CPU for an event of the service, of the collector, and of ClickHouse while each wrote; medians of the rounds.
// DEVTRAIL_BENCH_COLLECTOR names the collector (go run ./bench/collector builds it).
func BenchmarkCollector(b *testing.B) {
	binary := os.Getenv("DEVTRAIL_BENCH_COLLECTOR")
	if binary == "" {
		b.Skip("DEVTRAIL_BENCH_COLLECTOR names no collector: go run ./bench/collector")
	}
	for _, k := range []kind{lean, fat} {
		b.Run(k.name, func(b *testing.B) {
			r := startRig(b, nil)
			l := newLoad(b, r.conn, k)
			peer := startCollector(b, binary, r.server)
			ctx := context.WithoutCancel(b.Context())
			l.stored(ctx, time.Now().Add(warmLength)) // all code has run, and memory is as large as it gets
			sends := make([]func(context.Context, time.Time) int64, len(peers))
			for i, p := range peers {
				sends[i] = exports(b, peer.address, k, p.callers)
				sends[i](ctx, time.Now().Add(warmLength))
			}
			var m medians
			for b.Loop() {
				ours := r.against(b, &m, "service", int(r.child.pid.Load()), func(until time.Time) int64 {
					return l.stored(ctx, until)
				})
				best := 0.0
				for i, p := range peers {
					theirs := r.against(b, &m, p.name, peer.pid, func(until time.Time) int64 { return sends[i](ctx, until) })
					m.add("stored/"+p.name, ours/theirs)
					best = max(best, theirs)
				}
				m.add("stored/best", ours/best)
			}
			m.report(b)
		})
	}
}

// against measures one of the two and returns events a second.
func (r *rig) against(b *testing.B, m *medians, name string, pid int, send func(until time.Time) int64) float64 {
	b.Helper()
	r.settle(b)
	own, database, start := cpuOf(b, pid), r.databaseCPU(b), time.Now()
	n := float64(send(start.Add(peerLength)))
	rate := n / time.Since(start).Seconds()
	m.add(name+"/s", rate)
	m.add(name+"-µs", float64((cpuOf(b, pid)-own).Microseconds())/n)
	m.add(name+"-db-µs", float64((r.databaseCPU(b)-database).Microseconds())/n)
	return rate
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
	address := servetest.FreeAddress(b)
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

// exports has so many callers send the same events as log records and returns those that the collector answered to be stored.
func exports(b *testing.B, address string, k kind, callers int) func(ctx context.Context, until time.Time) int64 {
	b.Helper()
	conn, err := dial.New(address, dial.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	letters := make([]*letter, callers) // before anything is measured
	for n := range letters {
		letters[n] = k.exportOf(b, n)
	}
	const method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
	return func(ctx context.Context, until time.Time) int64 {
		var count atomic.Int64
		var working sync.WaitGroup
		for _, next := range letters {
			working.Go(func() {
				var raw []byte
				for time.Now().Before(until) {
					next.renew(time.Now())
					if err := conn.Invoke(ctx, method, &next.bytes, &raw, grpc.ForceCodecV2(rawCodec{})); err != nil {
						b.Errorf("export: %v", err)
						return
					}
					var answer collectorv1.ExportLogsServiceResponse
					if err := proto.Unmarshal(raw, &answer); err != nil {
						b.Errorf("export: %v", err)
						return
					}
					count.Add(benchBatch - answer.GetPartialSuccess().GetRejectedLogRecords())
				}
			})
		}
		working.Wait()
		return count.Load()
	}
}

// exportOf makes the nth request with the events of letterOf as log records: what an event has is an attribute, what all of a request have is one of its
// resource.
func (k kind) exportOf(tb testing.TB, n int) *letter {
	tb.Helper()
	text := func(s string) *commonv1.AnyValue {
		return &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: s}}
	}
	attribute := func(key, value string) *commonv1.KeyValue {
		return &commonv1.KeyValue{Key: key, Value: text(value)}
	}
	records := make([]*logsv1.LogRecord, benchBatch)
	at := uint64(sampleTime.UnixNano())
	for i := range records {
		e := k.sample(n*benchBatch + i)
		attributes := []*commonv1.KeyValue{
			attribute("id", uuid.Nil.String()), attribute("actor", e.GetActor().GetValue()), attribute("package", e.GetPackages()[0]),
			attribute("project", e.GetProject()), attribute("session_id", e.GetSessionId()), attribute("tool", e.GetSource().GetTool()),
			attribute("actor_kind", "git_email"), attribute("source_kind", "git"),
		}
		var properties map[string]any
		require.NoError(tb, json.Unmarshal([]byte(e.GetPropertiesJson()), &properties))
		for key, value := range properties {
			attributes = append(attributes, attribute(key, fmt.Sprint(value)))
		}
		records[i] = &logsv1.LogRecord{Attributes: attributes, Body: text(e.GetName()), ObservedTimeUnixNano: at, TimeUnixNano: at}
	}
	resource := []*commonv1.KeyValue{attribute("organization", organization), attribute("service.name", "git")}
	return newLetter(tb, &collectorv1.ExportLogsServiceRequest{ResourceLogs: []*logsv1.ResourceLogs{{
		Resource: &resourcev1.Resource{Attributes: resource}, ScopeLogs: []*logsv1.ScopeLogs{{LogRecords: records}},
	}}}, func(now time.Time) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(now.UnixNano())) })
}
