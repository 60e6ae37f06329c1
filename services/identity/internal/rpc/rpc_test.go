package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity/internal/credentials"
	"devtrail.dev/services/identity/internal/feed"
	"devtrail.dev/services/identity/internal/postgres"
	"devtrail.dev/services/identity/internal/rpc"
	identitymigrations "devtrail.dev/services/identity/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bundle is the whole service on a database of its own, behind the real door, with an operator's and a service's key.
type bundle struct {
	clock         *clock
	credentials   identityv1.CredentialServiceClient
	developers    identityv1.DeveloperServiceClient
	organizations identityv1.OrganizationServiceClient
	operatorToken string
	serviceToken  string
	store         *postgres.Store
	flushUses     func()
}

func setup(t *testing.T) *bundle {
	t.Helper()
	pool, err := pg.Open(t.Context(), dbtest.Limited(t, dbtest.Postgres(t, identitymigrations.FS), postgres.Reads()), pg.Options{ApplicationName: "identity-test"})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	logger := slog.New(slog.DiscardHandler)
	b := &bundle{
		clock:         &clock{now: time.Date(2026, 11, 25, 12, 0, 30, 0, time.UTC)},
		operatorToken: auth.NewToken(auth.PrefixOperator),
		serviceToken:  auth.NewToken(auth.PrefixService),
		store:         postgres.New(pool),
	}
	uses := credentials.NewUses(b.store.APIKeys.Touch, logger)
	judge := credentials.NewJudge(b.store.APIKeys, uses, b.clock.Now)
	b.flushUses = func() {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, uses.Run(ended))
	}
	notices := postgres.NewNotices(pool, logger)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = notices.Run(ctx) })
	t.Cleanup(running.Wait)
	conn := servetest.Start(t, "identity", serve.Deps{
		Verifier: auth.NewChain(auth.NewStatic([]string{b.operatorToken}, []string{b.serviceToken}), judge),
	}, func(door grpc.ServiceRegistrar) {
		rpc.Register(door, rpc.Deps{Feed: feed.New(b.store.Changes, notices, 50*time.Millisecond), Judge: judge, Now: b.clock.Now, Store: b.store})
	})
	t.Cleanup(cancel)
	b.credentials = identityv1.NewCredentialServiceClient(conn)
	b.developers = identityv1.NewDeveloperServiceClient(conn)
	b.organizations = identityv1.NewOrganizationServiceClient(conn)
	return b
}

// tenant is an organization with its admin key.
type tenant struct {
	id    string
	admin context.Context
	token string
}

func (b *bundle) createTenant(t *testing.T, slug string) tenant {
	t.Helper()
	res, err := b.organizations.CreateOrganization(b.operator(t), &identityv1.CreateOrganizationRequest{Slug: slug})
	require.NoError(t, err)
	return tenant{id: res.GetOrganization().GetId(), admin: servetest.As(t.Context(), res.GetAdminToken()), token: res.GetAdminToken()}
}

// operator returns a context of the operator that names no organization.
func (b *bundle) operator(t *testing.T) context.Context {
	return servetest.As(t.Context(), b.operatorToken)
}

// service returns a context of another service that names no organization.
func (b *bundle) service(t *testing.T) context.Context {
	return servetest.As(t.Context(), b.serviceToken)
}

// within names the organization that an operator or service works in.
func within(ctx context.Context, organization string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, auth.HeaderOrganization, organization)
}

func (b *bundle) createDeveloper(t *testing.T, in tenant, name string) string {
	t.Helper()
	res, err := b.developers.CreateDeveloper(in.admin, &identityv1.CreateDeveloperRequest{DisplayName: name})
	require.NoError(t, err)
	return res.GetDeveloper().GetId()
}

func (b *bundle) link(t *testing.T, in tenant, developer, value string) *identityv1.Developer {
	t.Helper()
	res, err := b.developers.LinkIdentity(in.admin, &identityv1.LinkIdentityRequest{DeveloperId: developer, Identity: email(value)})
	require.NoError(t, err)
	return res.GetDeveloper()
}

func email(value string) *identityv1.Identity {
	return &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: value}
}

// requireField wants a refusal of one field of the request.
func requireField(t *testing.T, path string, err error) {
	t.Helper()
	require.ErrorIs(t, err, fault.Invalid)
	refused, ok := errors.AsType[*fault.Fault](err)
	require.True(t, ok)
	require.Equal(t, path, refused.FieldPath())
}

func unknownID() string { return uuid.NewString() }
