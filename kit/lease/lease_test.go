package lease

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// service is a LeaseService that notes its calls and may be away.
type service struct {
	migrationsv1.LeaseServiceClient
	away       atomic.Bool
	calls      []time.Duration
	start      time.Time
	registered *migrationsv1.Instance
	released   string
}

var errAway = fault.New(fault.Unavailable, "AWAY", "away")

func (s *service) RegisterInstance(_ context.Context, req *migrationsv1.RegisterInstanceRequest, _ ...grpc.CallOption) (*migrationsv1.RegisterInstanceResponse, error) {
	s.calls = append(s.calls, time.Since(s.start))
	if s.away.Load() {
		return nil, errAway
	}
	s.registered = req.GetInstance()
	return &migrationsv1.RegisterInstanceResponse{HeartbeatInterval: durationpb.New(10 * time.Second)}, nil
}

func (s *service) ReleaseInstance(ctx context.Context, req *migrationsv1.ReleaseInstanceRequest, _ ...grpc.CallOption) (*migrationsv1.ReleaseInstanceResponse, error) {
	if s.away.Load() {
		<-ctx.Done() // a server that does not answer
		return nil, ctx.Err()
	}
	s.released = req.GetInstanceId()
	return &migrationsv1.ReleaseInstanceResponse{}, nil
}

// record is a log that is read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// keep runs a keeper and returns what ends it.
func keep(t *testing.T, s *service, i Instance) (stop func(), log *record) {
	t.Helper()
	log = &record{}
	k := &Keeper{client: s, instance: i, logger: slog.New(slog.NewTextHandler(log, nil))}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s.start = time.Now()
	go func() { done <- k.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}, log
}

func TestALeaseIsTakenRenewedAndGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine := New("identity")
		mine.Needs = []Need{{Database: "identity", MinVersion: 3, MaxVersionExclusive: 9, Uses: []string{"a.b"}}}
		mine.ExpectedInterval = time.Hour
		s := &service{}
		stop, log := keep(t, s, mine)
		<-time.After(25 * time.Second)
		stop()
		assert.Equal(t, []time.Duration{0, 10 * time.Second, 20 * time.Second}, s.calls)
		assert.Equal(t, mine.ID, s.released)
		assert.Equal(t, "devtrail-identity "+mine.ID[:8], s.registered.GetApplicationName())
		assert.Equal(t, []string{"a.b"}, s.registered.GetNeeds()[0].GetUses())
		assert.Equal(t, time.Hour, s.registered.GetExpectedInterval().AsDuration())
		assert.NotEmpty(t, s.registered.GetBuildVersion())
		assert.Equal(t, 1, strings.Count(log.String(), "\n"), log)
	})
}

func TestAServiceThatIsAwayIsTriedAndNamedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		s.away.Store(true)
		stop, log := keep(t, s, New("identity"))
		<-time.After(time.Minute - time.Millisecond)
		synctest.Wait()
		assert.Equal(t, 1, strings.Count(log.String(), "does not keep our lease"), log)
		s.away.Store(false)
		<-time.After(retryInterval)
		synctest.Wait()
		assert.NotNil(t, s.registered)
		assert.Equal(t, 1, strings.Count(log.String(), "keeps our lease"), log)
		s.away.Store(true)
		<-time.After(time.Minute)
		before := time.Now()
		stop()
		assert.Equal(t, releaseTimeout, time.Since(before), "it waits for an answer, and not for long")
		assert.Equal(t, 2, strings.Count(log.String(), "does not keep our lease"), log)
	})
}

func TestWithoutAnAddressNothingIsKept(t *testing.T) {
	k, err := Open("", auth.Keys{}, New("identity"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, k.Run(t.Context()))
	_, err = Open("migrations.example.com:1", auth.Keys{Services: []string{"dvs_x"}}, New("identity"), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "without TLS")
	_, err = Open("migrations:1", auth.Keys{}, New("identity"), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "DEVTRAIL_SERVICE_KEY")
}

func TestNeedOfIsTheNewestRequiredFile(t *testing.T) {
	need, err := NeedOf("identity", fstest.MapFS{
		"0001_a.sql": {Data: []byte("SELECT 1")},
		"0002_b.sql": {Data: []byte("SELECT 1")},
		"0003_c.sql": {Data: []byte("-- devtrail: contract\n-- devtrail: no-reader a.b\nSELECT 1")},
	}, []string{"a.c"})
	require.NoError(t, err)
	assert.Equal(t, Need{Database: "identity", MinVersion: 2, Uses: []string{"a.c"}}, need)
}

func TestColumns(t *testing.T) {
	assert.Equal(t, []string{"a.b", "c.*"}, Columns("# why\na.b\n\n c.* \n"))
}
