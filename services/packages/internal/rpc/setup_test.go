package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages/internal/postgres"
	"devtrail.dev/services/packages/internal/rpc"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The tokens of the callers that each test knows: those of one organization, and the owner of another.
const (
	admin   = "admin"
	analyst = "analyst"
	ingest  = "ingest"
	service = "service"
	other   = "other"
)

var (
	organizationA = uuid.MustParse("0199a000-0000-7000-8000-00000000000a")
	organizationB = uuid.MustParse("0199a000-0000-7000-8000-00000000000b")
	startOfTime   = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
)

// bundle is a packages service on a database of its own.
type bundle struct {
	conn      *grpc.ClientConn
	inventory packagesv1.InventoryServiceClient
	packages  packagesv1.PackageServiceClient
	pool      *pgxpool.Pool
}

func setup(t *testing.T) bundle {
	t.Helper()
	pool, err := pg.Open(t.Context(), dbtest.Limited(t, dbtest.Postgres(t, packagesmigrations.FS), postgres.Reads()), pg.Options{ApplicationName: "packages-test"})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	store := postgres.New(pool, func() time.Time { return startOfTime })
	caller := func(organization uuid.UUID, role accessv1.Role) auth.Caller {
		return auth.Caller{OrganizationID: organization.String(), CredentialID: role.String(), Role: role}
	}
	deps := serve.Deps{
		Health: store.Ready,
		Verifier: servetest.Verifier{
			admin:   caller(organizationA, accessv1.Role_ROLE_ADMIN),
			analyst: caller(organizationA, accessv1.Role_ROLE_ANALYST),
			ingest:  caller(organizationA, accessv1.Role_ROLE_INGEST),
			service: {CredentialID: "service", Role: accessv1.Role_ROLE_SERVICE},
			other:   caller(organizationB, accessv1.Role_ROLE_OWNER),
		},
	}
	conn := servetest.Start(t, "packages", deps, func(door grpc.ServiceRegistrar) { rpc.Register(door, store) })
	return bundle{
		conn:      conn,
		inventory: packagesv1.NewInventoryServiceClient(conn),
		packages:  packagesv1.NewPackageServiceClient(conn),
		pool:      pool,
	}
}

// as is a context of the test in which calls present the token.
func as(t *testing.T, token string) context.Context {
	t.Helper()
	return servetest.As(t.Context(), token)
}

// importFile imports a file and wants it to succeed. The largest ones take a busy machine longer than a call has by itself.
func (b bundle) importFile(t *testing.T, token, project, revision, path, content string) *packagesv1.ImportManifestResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(as(t, token), 2*time.Minute)
	defer cancel()
	res, err := b.inventory.ImportManifest(ctx, &packagesv1.ImportManifestRequest{
		Project: project, Revision: revision, Path: path, Content: []byte(content),
	})
	require.NoError(t, err)
	return res
}

// requirements writes a requirements.txt with one name==version a line.
func requirements(pins ...string) string { return strings.Join(pins, "\n") + "\n" }

// rows counts the rows of a table.
func (b bundle) rows(t *testing.T, table string) int {
	t.Helper()
	var n int
	require.NoError(t, b.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}
