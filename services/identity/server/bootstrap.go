package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres"
	identitymigrations "devtrail.dev/services/identity/migrations"
)

// bootstrapRetry is how often a start looks whether the schema is there.
const bootstrapRetry = 250 * time.Millisecond

// errBootstrapping says that the first organization is not settled yet.
var errBootstrapping = fault.New(fault.Unavailable, "BOOTSTRAPPING", "the first organization is being created")

// actorBootstrap is who makes the first keys.
const actorBootstrap = "rule:bootstrap"

// bootstrap gives an empty database its first organization and keys, once the schema is there.
type bootstrap struct {
	cfg           Config
	logger        *slog.Logger
	now           func() time.Time
	organizations *postgres.Organizations
	pool          *pgxpool.Pool

	mu    sync.Mutex
	state error
}

func newBootstrap(cfg Config, pool *pgxpool.Pool, organizations *postgres.Organizations, logger *slog.Logger, now func() time.Time) *bootstrap {
	return &bootstrap{cfg: cfg, logger: logger, now: now, organizations: organizations, pool: pool, state: errBootstrapping}
}

// Run tries until it is done or ctx ends, and returns nil: a database that is away or not migrated yet is a reason not to serve, not to end.
func (b *bootstrap) Run(ctx context.Context) error {
	retry := time.NewTicker(bootstrapRetry)
	defer retry.Stop()
	for {
		err := b.try(ctx)
		b.mu.Lock()
		b.state = err
		b.mu.Unlock()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-retry.C:
		}
	}
}

// Health returns nil when the schema fits this build and the first organization is settled, or else the reason.
func (b *bootstrap) Health(ctx context.Context) error {
	if err := pg.Ready(ctx, b.pool, identitymigrations.FS); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

func (b *bootstrap) try(ctx context.Context) error {
	if err := pg.Ready(ctx, b.pool, identitymigrations.FS); err != nil {
		return err
	}
	organization, err := identity.NewOrganization(b.cfg.BootstrapOrganization, "", b.now())
	if err != nil {
		return err
	}
	var keys []postgres.NewKey
	if token := b.cfg.BootstrapAdminKey; token != "" {
		key, err := identity.KeyOfToken(token, "first admin key", identity.RoleAdmin, b.now())
		if err != nil {
			return err
		}
		keys = append(keys, postgres.NewKey{Key: key, Token: token, Actor: actorBootstrap})
	}
	if token := b.cfg.BootstrapIngestKey; token != "" {
		key, err := identity.KeyOfToken(token, "first ingest key", identity.RoleIngest, b.now())
		if err != nil {
			return err
		}
		keys = append(keys, postgres.NewKey{Key: key, Token: token, Actor: actorBootstrap})
	}
	created, err := b.organizations.CreateFirst(ctx, organization, keys...)
	if err != nil {
		return err
	}
	if created {
		b.logger.InfoContext(ctx, "created the first organization", "organization_id", organization.ID.String(), "slug", organization.Slug, "keys", len(keys))
	}
	return nil
}
