package drift_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/drift"
	"devtrail.dev/stack/engines"
)

// TestEachHostOfAClusterIsHeldAgainstTheFiles runs two servers that know each other.
func TestEachHostOfAClusterIsHeldAgainstTheFiles(t *testing.T) {
	ports, err := engines.FreePorts("127.0.0.1", 4)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "devtrail-drift-") //nolint:usetesting // the servers may write while the test's own folder is taken away
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	replica := func(port int) string {
		return fmt.Sprintf("<shard><replica><host>127.0.0.1</host><port>%d</port></replica></shard>", port)
	}
	var urls []string
	for i := range 2 {
		server, err := engines.StartClickHouse(t.Context(), engines.ClickHouseConfig{
			DataDir: filepath.Join(dir, fmt.Sprint("host", i)), MemoryRatio: 0.1, TCPPort: ports[i], HTTPPort: ports[2+i],
			ExtraConfig: "<remote_servers><pair>" + replica(ports[0]) + replica(ports[1]) + "</pair></remote_servers>",
		})
		require.NoError(t, err)
		t.Cleanup(func() { _ = server.Stop(context.WithoutCancel(t.Context())) })
		urls = append(urls, server.URL())
	}
	made := "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a;\nCREATE TABLE spread AS t ENGINE = Distributed(pair, 'suite', t, a)"
	files, err := schema.Files(fstest.MapFS{"0001_t.sql": {Data: []byte(made)}})
	require.NoError(t, err)
	for _, url := range urls {
		execute(t, migrations.ClickHouse, url, "CREATE DATABASE suite")
		execute(t, migrations.ClickHouse, url, "CREATE TABLE suite.t (a UInt64) ENGINE = MergeTree ORDER BY a")
		execute(t, migrations.ClickHouse, url, "CREATE TABLE suite.spread AS suite.t ENGINE = Distributed(pair, 'suite', t, a)")
	}
	check := drift.New(drift.Deps{ClickHouseURL: urls[0], Cluster: "pair"})
	target := migrations.Target{Name: "analytics", Database: "suite", Engine: migrations.ClickHouse}
	found, err := check.SchemaIs(t.Context(), target, files)
	require.NoError(t, err)
	assert.Empty(t, found)

	execute(t, migrations.ClickHouse, urls[1], "ALTER TABLE suite.t ADD COLUMN b String")
	found, err = check.SchemaIs(t.Context(), target, files)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, migrations.Difference{Kind: "column", Object: "t.b", Actual: "#2 String", Host: fmt.Sprintf("127.0.0.1:%d", ports[1])}, found[0])

	_, err = drift.New(drift.Deps{ClickHouseURL: urls[0], Cluster: "nobody"}).Check(t.Context(), target, files)
	require.ErrorContains(t, err, `no cluster "nobody"`)
}
