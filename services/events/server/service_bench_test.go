package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// rig is the events service as it is shipped, in a process of its own, with a database, an identity service and a client with a key of an organization.
type rig struct {
	address string // of the database
	server  *url.URL
	child   *child
	conn    *grpc.ClientConn
	bare    *bareServer                               // where CPU is compared
	keys    map[string]*identityv1.IntrospectResponse // of other organizations and for other purposes, by token

	profiles int // that were written
}

// startRig starts one with some settings besides, on a database of its own. It ends with the benchmark.
func startRig(b *testing.B, settings map[string]string) *rig {
	b.Helper()
	return startRigOn(b, storeClickHouse, dbtest.ClickHouse(b, eventsmigrations.ClickHouse()), settings)
}

// startRigOn is startRig on a database that is there.
func startRigOn(b *testing.B, store, database string, settings map[string]string) *rig {
	b.Helper()
	r := &rig{address: database, keys: make(map[string]*identityv1.IntrospectResponse)}
	var err error
	r.server, err = url.Parse(r.address)
	require.NoError(b, err)
	r.child = &child{t: b, how: counting, settings: map[string]string{
		"DEVTRAIL_OPERATOR_KEY": auth.NewToken(auth.PrefixOperator), "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
		"EVENTS_ADDRESS": servetest.FreeAddress(b), "EVENTS_DEBUG_ADDRESS": servetest.FreeAddress(b), "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": serveIdentity(b, r.keys),
		"EVENTS_QUEUE_DIR": filepath.Join(b.TempDir(), "queue"), "EVENTS_STORE": store, "EVENTS_CLICKHOUSE_URL": r.address, "EVENTS_POSTGRES_URL": r.address,
	}}
	maps.Copy(r.child.settings, settings)
	r.child.start()
	r.conn = r.dial(b, auth.NewToken(auth.PrefixIngest))
	return r
}

// dial returns a connection of its own that presents a token. It ends with the benchmark.
func (r *rig) dial(b *testing.B, token string) *grpc.ClientConn {
	b.Helper()
	conn, err := dial.New(r.child.settings["EVENTS_ADDRESS"], dial.Options{Token: token})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	return conn
}

// dialAs is dial with a new key of an organization, of a role. It must come before the first call, since keys are read without a lock.
func (r *rig) dialAs(b *testing.B, organization, prefix string, role accessv1.Role) *grpc.ClientConn {
	b.Helper()
	token := auth.NewToken(prefix)
	r.keys[token] = &identityv1.IntrospectResponse{Active: true, CredentialId: token, OrganizationId: organization, Role: role}
	return r.dial(b, token)
}

// cpu is the CPU time that the service has used.
func (r *rig) cpu(b *testing.B) time.Duration { return cpuOf(b, int(r.child.pid.Load())) }

// blocks is how many blocks the service has stored, and how many events were in them.
func (r *rig) blocks(b *testing.B) (blocks, events float64) {
	b.Helper()
	res, err := r.debug("/metrics")
	require.NoError(b, err)
	defer func() { _ = res.Close() }()
	for lines := bufio.NewScanner(res); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case "devtrail_events_blocks_total":
			blocks, _ = strconv.ParseFloat(value, 64)
		case "devtrail_events_block_events_total":
			events, _ = strconv.ParseFloat(value, 64)
		}
	}
	return blocks, events
}

// debug gets a page of the service's debug port.
func (r *rig) debug(path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.child.t.Context()), http.MethodGet, "http://"+r.child.settings["EVENTS_DEBUG_ADDRESS"]+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// profile writes where the service spends its CPU meanwhile into a file of its own of the folder that DEVTRAIL_BENCH_PROFILE names, if it names one. The function waits
// for the end.
func (r *rig) profile(b *testing.B, name string, length time.Duration) (wait func()) {
	b.Helper()
	dir := os.Getenv("DEVTRAIL_BENCH_PROFILE")
	if dir == "" {
		return func() {}
	}
	r.profiles++
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.pprof", name, r.profiles))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.writeProfile(file, length); err != nil {
			b.Errorf("profile: %v", err)
		}
	}()
	return func() { <-done }
}

func (r *rig) writeProfile(file string, length time.Duration) error {
	body, err := r.debug(fmt.Sprintf("/debug/pprof/profile?seconds=%d", int(length.Seconds())))
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

// settleLength is how long the merges of a few seconds of inserts take at most, and some more.
const settleLength = 20 * time.Second

// settle waits until the server merges nothing and the disk has what was merged, so that nobody pays for what another has inserted.
func (r *rig) settle(b *testing.B) {
	b.Helper()
	for start := time.Now(); time.Since(start) < settleLength && r.ask(b, "SELECT count() AS n FROM system.merges") > 0; {
		<-time.After(20 * time.Millisecond)
	}
	syscall.Sync()
}

// ask returns the one number n that a statement selects.
func (r *rig) ask(b *testing.B, statement string) uint64 {
	b.Helper()
	client := database(b, r.server)
	defer func() { require.NoError(b, client.Close()) }()
	return ask(b, client, statement)
}

func ask(b *testing.B, client *ch.Client, statement string) uint64 {
	b.Helper()
	var n proto.ColUInt64
	require.NoError(b, client.Do(context.WithoutCancel(b.Context()), ch.Query{Body: statement, Result: proto.Results{{Name: "n", Data: &n}}}))
	return n.Row(0)
}

// databaseCPU is the CPU time of the queries and merges of the server.
func (r *rig) databaseCPU(b *testing.B) time.Duration {
	b.Helper()
	return time.Duration(r.ask(b, "SELECT toUInt64(sum(value)) AS n FROM system.events WHERE event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')")) * time.Microsecond
}

func database(b *testing.B, server *url.URL) *ch.Client {
	b.Helper()
	client, err := ch.Dial(context.WithoutCancel(b.Context()), ch.Options{Address: server.Host, Database: strings.TrimPrefix(server.Path, "/"), User: "default"})
	require.NoError(b, err)
	return client
}

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

// identities is an identity service that knows everybody: each identity has a developer of its own, each key is one of the organization, for sending events,
// unless it is among the keys.
type identities struct {
	identityv1.UnimplementedCredentialServiceServer
	identityv1.UnimplementedDeveloperServiceServer

	keys map[string]*identityv1.IntrospectResponse // by token
}

// serveIdentity serves it with some keys and returns where.
func serveIdentity(b *testing.B, keys map[string]*identityv1.IntrospectResponse) string {
	b.Helper()
	lis, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := grpc.NewServer()
	identityv1.RegisterCredentialServiceServer(server, identities{keys: keys})
	identityv1.RegisterDeveloperServiceServer(server, identities{})
	done := make(chan error, 1)
	go func() { done <- server.Serve(lis) }()
	b.Cleanup(func() {
		server.Stop()
		require.NoError(b, <-done)
	})
	return lis.Addr().String()
}

func (i identities) Introspect(_ context.Context, req *identityv1.IntrospectRequest) (*identityv1.IntrospectResponse, error) {
	if of, known := i.keys[req.GetToken()]; known {
		return of, nil
	}
	return &identityv1.IntrospectResponse{Active: true, CredentialId: "bench", OrganizationId: organization, Role: accessv1.Role_ROLE_INGEST}, nil
}

func (identities) ResolveIdentities(_ context.Context, req *identityv1.ResolveIdentitiesRequest) (*identityv1.ResolveIdentitiesResponse, error) {
	res := new(identityv1.ResolveIdentitiesResponse)
	for _, h := range req.GetHints() {
		developer := uuid.NewSHA1(uuid.Nil, []byte(h.GetIdentity().GetValue()))
		res.Identities = append(res.Identities, &identityv1.ResolvedIdentity{DeveloperId: developer.String(), Identity: h.GetIdentity()})
	}
	return res, nil
}

// BatchGetDevelopers has nobody be merged into anybody.
func (identities) BatchGetDevelopers(context.Context, *identityv1.BatchGetDevelopersRequest) (*identityv1.BatchGetDevelopersResponse, error) {
	return new(identityv1.BatchGetDevelopersResponse), nil
}

func (identities) WatchIdentities(_ *identityv1.WatchIdentitiesRequest, stream grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		if err := stream.Send(new(identityv1.WatchIdentitiesResponse)); err != nil {
			return err
		}
		select {
		case <-beat.C:
		case <-stream.Context().Done():
			return nil
		}
	}
}
