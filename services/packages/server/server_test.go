package server_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages/manifest"
	packagesmigrations "devtrail.dev/services/packages/migrations"
	"devtrail.dev/services/packages/server"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const organization = "0199a000-0000-7000-8000-00000000000a"

// start runs the server until the test ends.
func start(t *testing.T, settings map[string]string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	operator := auth.NewToken(auth.PrefixOperator)
	settings := map[string]string{
		"PACKAGES_ADDRESS":          servetest.FreeAddress(t),
		"PACKAGES_DEBUG_ADDRESS":    servetest.FreeAddress(t),
		"PACKAGES_DATABASE_URL":     dbtest.Postgres(t, packagesmigrations.FS),
		"PACKAGES_IDENTITY_ADDRESS": servetest.FreeAddress(t),
		"DEVTRAIL_OPERATOR_KEY":     operator,
		"DEVTRAIL_SERVICE_KEY":      auth.NewToken(auth.PrefixService),
	}
	start(t, settings)
	conn, err := dial.New(settings["PACKAGES_ADDRESS"], dial.Options{Token: operator})
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.Eventually(t, func() bool {
		res, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
		return err == nil && res.GetStatus() == healthpb.HealthCheckResponse_SERVING
	}, 20*time.Second, 20*time.Millisecond)

	ctx := dial.WithOrganization(t.Context(), organization)
	inventory := packagesv1.NewInventoryServiceClient(conn)
	content := bytes.Repeat([]byte("# a file of the largest size\n"), manifest.MaxBytes/29+1)[:manifest.MaxBytes]
	res, err := inventory.ImportManifest(ctx, &packagesv1.ImportManifestRequest{
		Project: "github.com/acme/shop", Revision: "r1", Path: "requirements.txt", Content: content,
	})
	require.NoError(t, err)
	require.Empty(t, res.GetPurls())

	// Identity does not answer: an organization's key cannot be judged, and is not believed.
	other, err := dial.New(settings["PACKAGES_ADDRESS"], dial.Options{Token: auth.NewToken(auth.PrefixKey)})
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	_, err = packagesv1.NewPackageServiceClient(other).GetPackage(t.Context(), &packagesv1.GetPackageRequest{Purl: "pkg:npm/a"})
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestRunWithoutSchemaIsNotServing(t *testing.T) {
	t.Parallel()
	operator := auth.NewToken(auth.PrefixOperator)
	settings := map[string]string{
		"PACKAGES_ADDRESS":       servetest.FreeAddress(t),
		"PACKAGES_DEBUG_ADDRESS": servetest.FreeAddress(t),
		"PACKAGES_DATABASE_URL":  dbtest.EmptyPostgres(t),
		"DEVTRAIL_OPERATOR_KEY":  operator,
		"DEVTRAIL_SERVICE_KEY":   auth.NewToken(auth.PrefixService),
	}
	start(t, settings)
	conn, err := dial.New(settings["PACKAGES_ADDRESS"], dial.Options{Token: operator})
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.Eventually(t, func() bool {
		res, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
		return err == nil && res.GetStatus() == healthpb.HealthCheckResponse_NOT_SERVING
	}, 20*time.Second, 20*time.Millisecond)
}

func TestRunRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	err := server.Run(t.Context(), func(name string) string {
		return map[string]string{"PACKAGES_DATABASE_URL": "postgres://x", "PACKAGES_ADDRESS": "nonsense", "PACKAGES_MAX_MESSAGE_BYTES": "16777216", "DEVTRAIL_OPERATOR_KEY": "dvk_secret", "LOG_LEVEL": "inof"}[name]
	}, io.Discard)
	require.ErrorContains(t, err, "ADDRESS")
	require.ErrorContains(t, err, "PACKAGES_MAX_MESSAGE_BYTES 16777216 is less than 16842752")
	require.ErrorContains(t, err, "DEVTRAIL_OPERATOR_KEY")
	require.ErrorContains(t, err, "DEVTRAIL_SERVICE_KEY")
	require.ErrorContains(t, err, `LOG_LEVEL "inof"`)
	require.NotContains(t, err.Error(), "secret", "a key is never quoted")
}
