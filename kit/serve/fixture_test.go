package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

const (
	acme  = "0192f0c1-2d3e-7f40-8a51-627384950a1b"
	other = "0192f0c1-2d3e-7f40-8a51-627384950a1c"
)

var people = servetest.Verifier{
	"admin":   {OrganizationID: acme, CredentialID: "cred-admin", Role: accessv1.Role_ROLE_ADMIN},
	"analyst": {OrganizationID: acme, CredentialID: "cred-analyst", Role: accessv1.Role_ROLE_ANALYST},
	"service": {CredentialID: "cred-service", Role: accessv1.Role_ROLE_SERVICE},
}

// door is a server under test with handlers given by the test and its log.
type door struct {
	identityv1.UnimplementedCredentialServiceServer
	identityv1.UnimplementedDeveloperServiceServer
	create   func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error)
	watch    func(*identityv1.WatchIdentitiesRequest, grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error
	registry *prometheus.Registry
	log      *logbook
}

func newDoor() *door {
	d := &door{log: &logbook{}, registry: prometheus.NewRegistry()}
	d.create = func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		return &identityv1.CreateApiKeyResponse{}, nil
	}
	return d
}

func (d *door) CreateApiKey(ctx context.Context, req *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
	return d.create(ctx, req)
}

func (d *door) WatchIdentities(req *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
	return d.watch(req, s)
}

func (d *door) register(r grpc.ServiceRegistrar) {
	identityv1.RegisterCredentialServiceServer(r, d)
	identityv1.RegisterDeveloperServiceServer(r, d)
}

func (d *door) deps() serve.Deps {
	return serve.Deps{Logger: slog.New(slog.NewJSONHandler(d.log, nil)), Registry: d.registry, Verifier: verifier{}}
}

func (d *door) start(t *testing.T) (identityv1.CredentialServiceClient, identityv1.DeveloperServiceClient) {
	conn := servetest.Start(t, "identity", d.deps(), d.register)
	return identityv1.NewCredentialServiceClient(conn), identityv1.NewDeveloperServiceClient(conn)
}

// verifier knows people, and panics at one token.
type verifier struct{}

func (verifier) Verify(ctx context.Context, token string) (auth.Caller, error) {
	switch token {
	case "panic":
		panic("verifier broke")
	case "away":
		return auth.Caller{}, auth.ErrUnknowable
	}
	return people.Verify(ctx, token)
}

// logbook keeps log lines.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines are the log lines with the message, decoded.
func (l *logbook) lines(t *testing.T, message string) (out []map[string]any) {
	d := json.NewDecoder(bytes.NewReader([]byte(l.text())))
	for d.More() {
		line := map[string]any{}
		require.NoError(t, d.Decode(&line))
		if line["msg"] == message {
			out = append(out, line)
		}
	}
	return out
}

// last is the last request line. The line is written before the answer leaves the server, so it is there.
func (l *logbook) last(t *testing.T) map[string]any {
	lines := l.lines(t, "request")
	require.NotEmpty(t, lines)
	return lines[len(lines)-1]
}
