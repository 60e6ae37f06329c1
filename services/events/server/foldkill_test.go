package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/lease"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// foldOnce makes this test binary a process that folds what is pending in the store of its settings, and ends.
const foldOnce = "folding"

// How many identities are folded in each round, and how many events each has.
const (
	killIdentities = 4
	killEvents     = 4
)

// TestAFoldThatIsKilledChangesNoAnswer kills a fold with kill -9 when the first message that writes has gone to the database, then another fold when the message
// after that has, and so on, until one has no more to send. Before each, all identities are given back to those whom they belonged to two rounds ago, so that what a killed
// fold has left under way would show. The answers are at all times those that the reassignments ask for.
func TestAFoldThatIsKilledChangesNoAnswer(t *testing.T) {
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := engines[engine](t)
			cfg.Query = events.DefaultQueryLimits()
			store, _, err := openStore(t.Context(), cfg, lease.New("events-test"), time.Now)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			org := uuid.MustParse(organization)
			fillForKills(t, store, org)
			relay := newKillingRelay(t, &cfg)
			kills := 0
			for last := false; !last; kills++ {
				reassignAll(t, store, org, kills)
				before := ownersOf(t, store, org, kills)
				last = relay.fold(kills + 1)
				require.Equal(t, before, ownersOf(t, store, org, kills), "answers after kill %d", kills+1)
				require.Less(t, kills, 200)
			}
			require.Greater(t, kills, 7, "a fold has more messages")
			require.Zero(t, pendingIn(t, store))
			t.Logf("%s: %d folds were killed, each a message later", engine, kills-1)

			reassignAll(t, store, org, kills)
			forget(t, cfg) // as a fold would that took the overrides out before it wrote the events
			list, err := store.List(t.Context(), org, events.ListQuery{Limit: 1000, Range: events.AllTime})
			require.NoError(t, err)
			require.NotEqual(t, killOwner(kills, list[0].Actor), list[0].DeveloperID, "what was lost must show")
		})
	}
}

func killIdentity(n int) events.Identity {
	return events.Identity{Kind: 1, Value: fmt.Sprintf("person-%02d@example.org", n)}
}

// killOwner is whose an identity is in a round.
func killOwner(round int, i events.Identity) uuid.UUID {
	return storetest.ID(fmt.Sprint(round%2, i.Value))
}

// fillForKills appends events of all identities in two years, some with packages, stamped with nobody of a round.
func fillForKills(t *testing.T, store events.Store, org uuid.UUID) {
	t.Helper()
	var batch []events.Event
	for n := range killIdentities {
		for k := range killEvents {
			at := benchStart.AddDate(-(k % 2), 0, n)
			e := events.Event{
				Actor: killIdentity(n), DeveloperID: storetest.ID("stamped"), ID: storetest.ID(fmt.Sprint(n, "/", k)), Name: "package.added", OccurredAt: at, ReceivedAt: at,
				Properties: "{}", Source: events.Source{Kind: events.SourceGit},
			}
			if k < 2 {
				e.Packages = []string{"pkg:npm/x@1"}
			}
			batch = append(batch, e)
		}
	}
	_, err := store.Append(t.Context(), org, batch)
	require.NoError(t, err)
}

// reassignAll gives all identities to their owners of a round.
func reassignAll(t *testing.T, store events.Store, org uuid.UUID, round int) {
	t.Helper()
	changes := make([]events.Reassignment, killIdentities)
	for n := range changes {
		changes[n] = events.Reassignment{Identity: killIdentity(n), DeveloperID: killOwner(round, killIdentity(n)), Sequence: int64(1 + round*killIdentities + n)}
	}
	require.NoError(t, store.Reassign(t.Context(), org, changes))
}

func pendingIn(t *testing.T, store insight.Engine) int {
	t.Helper()
	n, err := store.Pending(t.Context())
	require.NoError(t, err)
	return n
}

// ownersOf sees that each event is whose it must be in a round, and returns whom an exposure and a trend name.
func ownersOf(t *testing.T, store insight.Engine, org uuid.UUID, round int) string {
	t.Helper()
	list, err := store.List(t.Context(), org, events.ListQuery{Limit: 1000, Range: events.AllTime})
	require.NoError(t, err)
	require.Len(t, list, killEvents*killIdentities)
	for _, e := range list {
		require.Equal(t, killOwner(round, e.Actor), e.DeveloperID, "round %d, %s", round, e.Actor.Value)
	}
	x, err := store.Exposure(t.Context(), org, events.ExposureQuery{Limit: 1000, Package: "pkg:npm/x", Range: events.AllTime})
	require.NoError(t, err)
	require.Len(t, x.Developers.Rows, killIdentities)
	rows, err := store.TrendRows(t.Context(), org, insight.TrendsQuery{
		Buckets:  []time.Time{benchStart.AddDate(-3, 0, 0)},
		Question: insight.Question{Range: events.AllTime, By: insight.Developers}, Series: []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.UniqueActors}},
	})
	require.NoError(t, err)
	text, err := json.Marshal([]any{x, rows})
	require.NoError(t, err)
	return string(text)
}

// forget takes all overrides out.
func forget(t *testing.T, cfg Config) {
	t.Helper()
	if cfg.Store == storePostgres {
		conn, err := pgx.Connect(t.Context(), cfg.PostgresURL)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close(t.Context())) }()
		_, err = conn.Exec(t.Context(), "UPDATE identity_overrides SET folded = true")
		require.NoError(t, err)
		return
	}
	options, err := clickhouse.ParseDSN(cfg.ClickHouseURL)
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Exec(t.Context(), "TRUNCATE TABLE identity_overrides"))
}

// killingRelay stands between processes that fold and the database, and kills them.
type killingRelay struct {
	t        *testing.T
	server   string
	settings []string

	mu      sync.Mutex // guards what follows
	writing bool       // the process has sent a message that writes
	left    int        // messages until it is killed, counted from that one on
	process *os.Process
}

// newKillingRelay returns one in front of the database of the settings.
func newKillingRelay(t *testing.T, cfg *Config) *killingRelay {
	t.Helper()
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := cfg.ClickHouseURL + cfg.PostgresURL
	at, err := url.Parse(address)
	require.NoError(t, err)
	through := strings.Replace(address, at.Host, lis.Addr().String(), 1)
	r := &killingRelay{t: t, server: at.Host, settings: []string{
		envChild + "=" + foldOnce, "EVENTS_STORE=" + cfg.Store, "EVENTS_CLICKHOUSE_URL=" + through, "EVENTS_POSTGRES_URL=" + through, "TMPDIR=" + t.TempDir(),
	}}
	var working sync.WaitGroup
	working.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			working.Go(func() { r.serve(conn) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, lis.Close())
		working.Wait()
	})
	return r
}

// serve passes on what goes both ways. The message at which the process is killed is passed on, too.
func (r *killingRelay) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(client, server) })
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			break
		}
		r.count(buffer[:n])
	}
	_ = server.Close()
	back.Wait()
}

// count counts a message.
func (r *killingRelay) count(message []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.writing = r.writing || bytes.Contains(message, []byte("UPDATE ")); !r.writing {
		return
	}
	if r.left--; r.left == 0 {
		_ = r.process.Kill()
	}
}

// fold has a process fold, which is killed at the nth message from its first that writes, and tells whether it ended by itself.
func (r *killingRelay) fold(n int) (ended bool) {
	r.t.Helper()
	exe, err := os.Executable()
	require.NoError(r.t, err)
	cmd := exec.CommandContext(context.WithoutCancel(r.t.Context()), exe)
	cmd.Env, cmd.Stderr = r.settings, os.Stderr
	r.mu.Lock()
	err = cmd.Start()
	r.writing, r.left, r.process = false, n, cmd.Process
	r.mu.Unlock()
	require.NoError(r.t, err)
	err = cmd.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left > 0 {
		require.NoError(r.t, err)
		return true
	}
	return false
}
