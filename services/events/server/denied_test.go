package server

import (
	"bytes"
	"context"
	"fmt"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// journal keeps what a service logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is called by the logger.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

// count counts the lines in which all of some texts are.
func (j *journal) count(texts ...string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			n++
		}
	}
	return n
}

// TestADatabaseThatDoesNotLetUsInBuriesNothing takes from the service what it needs, while it has events to store: the grant to write, and the login itself.
// That is no fault of the events, however often they are tried: all of them arrive once it is given back.
func TestADatabaseThatDoesNotLetUsInBuriesNothing(t *testing.T) {
	url := dbtest.Postgres(t, eventsmigrations.Postgres())
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	role := "denied_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	do := func(statement string) {
		t.Helper()
		_, err := owner.Exec(context.WithoutCancel(t.Context()), strings.ReplaceAll(statement, "$role", role))
		require.NoError(t, err, statement)
	}
	do("CREATE ROLE $role LOGIN")
	do("GRANT ALL ON SCHEMA public TO $role")
	do("GRANT ALL ON ALL TABLES IN SCHEMA public TO $role")
	do("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO $role")
	t.Cleanup(func() {
		do("DROP OWNED BY $role")
		do("DROP ROLE $role")
		require.NoError(t, owner.Close(context.WithoutCancel(t.Context())))
	})
	u, err := neturl.Parse(url)
	require.NoError(t, err)
	u.User = neturl.User(role)
	key := auth.NewToken(auth.PrefixOperator)
	settings := map[string]string{
		"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "EVENTS_ADDRESS": servetest.FreeAddress(t), "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0",
		"EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": servetest.FreeAddress(t), "EVENTS_POSTGRES_URL": u.String(), "EVENTS_QUEUE_DIR": t.TempDir(), "EVENTS_STORE": storePostgres,
	}
	ctx, stop := context.WithCancel(t.Context())
	said, done := new(journal), make(chan error, 1)
	go func() { done <- Run(ctx, func(name string) string { return settings[name] }, said) }()
	require.Eventually(t, func() bool { return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil }, 20*time.Second, 20*time.Millisecond)
	conn, err := dial.New(settings["EVENTS_ADDRESS"], dial.Options{Token: key})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	clients := &crowd{client: eventsv1.NewIngestServiceClient(conn)}
	asking := dial.WithOrganization(t.Context(), organization)
	n := 0
	for _, c := range []struct{ take, give, code string }{
		{"REVOKE INSERT ON event_packages FROM $role", "GRANT INSERT ON event_packages TO $role", "42501"},
		{"ALTER ROLE $role NOLOGIN", "ALTER ROLE $role LOGIN", "28000"},
	} {
		do(c.take)
		if c.code == "28000" {
			do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$role'")
		}
		res, err := clients.client.CaptureEvents(asking, &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{{ // alone in its block: nobody else can be at fault
			Id: uuid.NewString(), Name: "test.numbered", OccurredAt: timestamppb.Now(), Packages: []string{"pkg:npm/left-pad@1.0.0"},
			PropertiesJson: fmt.Sprintf(`{"n":%d}`, n), Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK},
		}}})
		require.NoError(t, err)
		require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, res.GetResults()[0].GetStatus())
		require.Eventually(t, func() bool {
			return said.count("accepted events wait for the store", c.code) > 3 || said.count("the store refuses an event") > 0
		}, 30*time.Second, 10*time.Millisecond)
		do(c.give)
		n++
		require.Eventually(t, func() bool { return clients.send(asking, n, eventsv1.AckLevel_ACK_LEVEL_STORED) }, 30*time.Second, 10*time.Millisecond)
		n += batchSize
	}
	stop()
	require.NoError(t, <-done)
	require.Zero(t, said.count("the store refuses an event"))
	kept := stored(t, storePostgres, url)
	require.Len(t, kept, n)
	for number := range n {
		require.Equal(t, 1, kept[number], "event %d", number)
	}
}
