package chrunner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/stack/engines"
)

// cluster is two shards of two replicas: four servers, each a process of its own.
type cluster struct {
	servers []*server
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	ports, err := engines.FreePorts("127.0.0.1", 8)
	require.NoError(t, err)
	replica := func(i int) string {
		return fmt.Sprintf("<replica><host>127.0.0.1</host><port>%d</port></replica>", ports[i])
	}
	shard := func(a, b int) string {
		return "<shard><internal_replication>false</internal_replication>" + replica(a) + replica(b) + "</shard>"
	}
	remote := "<remote_servers><devtrail>" + shard(0, 1) + shard(2, 3) + "</devtrail></remote_servers>"
	dir, err := os.MkdirTemp("", "devtrail-cluster-") //nolint:usetesting // the servers may write while the test's own folder is taken away
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{}
	for i := range 4 {
		c.servers = append(c.servers, newServer(t, engines.ClickHouseConfig{
			DataDir:     filepath.Join(dir, fmt.Sprint("host", i)),
			ExtraConfig: fmt.Sprintf("<macros><shard>%d</shard><replica>r%d</replica></macros>%s", i/2+1, i%2+1, remote),
			TCPPort:     ports[i], HTTPPort: ports[4+i],
		}))
	}
	return c
}

// name is how the runner calls a host.
func (c *cluster) name(i int) string { return fmt.Sprintf("127.0.0.1:%d", c.servers[i].cfg.TCPPort) }

// at is the site as one host shows it.
func (c *cluster) at(s *site, i int) *site {
	return &site{t: s.t, url: c.servers[i].URL(), target: s.target}
}

// everywhere requires that all hosts give the same answer.
func (c *cluster) everywhere(s *site, want, sql string) {
	s.t.Helper()
	for i := range c.servers {
		require.Equal(s.t, want, strings.Join(c.at(s, i).columnIn(sql), " "), "host %d: %s", i, sql)
	}
}

func TestAClusterOfTwoShardsAndTwoReplicas(t *testing.T) {
	c := newCluster(t)
	s := openSite(t, c.servers[0].URL(), "suite", Config{Cluster: "devtrail"})
	texts := map[string]string{
		"0001_events.sql": "CREATE TABLE events_local (id UInt64, n UInt64) ENGINE = MergeTree ORDER BY id;\n" +
			"CREATE TABLE events AS events_local ENGINE = Distributed(devtrail, {db}, events_local, id)",
		"0002_kind.sql": "ALTER TABLE events_local ADD COLUMN kind String DEFAULT 'old';\nALTER TABLE events ADD COLUMN kind String DEFAULT 'old';\n" +
			"ALTER TABLE events_local UPDATE n = n + 1 WHERE id > 0",
	}
	texts["0001_events.sql"] = s.named(texts["0001_events.sql"])
	first := map[string]string{"0001_events.sql": texts["0001_events.sql"]}
	require.NoError(t, s.apply(first))
	c.everywhere(s, "events events_local", "SELECT name FROM system.tables WHERE database = '{db}' AND name LIKE 'events%' ORDER BY name")
	s.exec("INSERT INTO {db}.events SELECT number, 0 FROM numbers(100) SETTINGS distributed_foreground_insert = 1")
	require.NoError(t, s.apply(texts))
	c.everywhere(s, "100 99", "SELECT concat(toString(count()), ' ', toString(sum(n))) FROM events WHERE kind = 'old'")
	c.everywhere(s, "1", "SELECT toString(count()) FROM system.mutations WHERE database = '{db}' AND is_done")
	c.everywhere(s, "1 2", "SELECT toString(version) FROM ("+schema.ClickHouseApplied+")")

	t.Run("a host that is killed half-way is met again there", func(t *testing.T) {
		texts["0003_more.sql"] = "ALTER TABLE events_local ADD COLUMN more String;\nALTER TABLE events_local UPDATE n = n + 1 WHERE id > 0;\nALTER TABLE events ADD COLUMN more String"
		kill := sync.OnceFunc(c.servers[2].kill)
		s.cfg.Observe = func(step Step) {
			if step.File == "0003_more.sql" && step.Statement == 2 && step.Host == c.name(2) && step.Phase == Journaled {
				kill()
			}
		}
		s.reopen()
		err := s.apply(texts)
		require.ErrorIs(t, err, migrations.ErrServerAway)
		require.ErrorContains(t, err, "0003_more.sql line 2: host "+c.name(2)+" (shard 2, replica 1) is down; nothing goes on before it is back")
		s.heal()
		applied, err := s.engine.Applied(t.Context())
		require.NoError(t, err)
		require.Len(t, applied, 2, "the file counts nowhere")
		require.ErrorContains(t, s.apply(texts), "host "+c.name(2)+" (shard 2, replica 1) is down")
		require.Empty(t, c.at(s, 3).columnIn("SELECT host FROM devtrail_schema_history WHERE version = 3 AND statement > 1"), "the hosts behind it wait")

		c.servers[2].start()
		s.reopen()
		require.NoError(t, s.apply(texts))
		c.everywhere(s, "100 198", "SELECT concat(toString(count()), ' ', toString(sum(n))) FROM events WHERE more = ''")
		for i := range c.servers {
			require.Equal(t, []string{"1 1 1 " + c.name(i), "2 1 1 " + c.name(i), "3 1 1 " + c.name(i)}, c.at(s, i).columnIn(
				"SELECT concat(toString(statement), ' ', toString(countIf(state = 'started')), ' ', toString(countIf(state = 'done')), ' ', any(host)) "+
					"FROM devtrail_schema_history WHERE version = 3 AND statement > 0 GROUP BY statement ORDER BY statement"), "each host did each statement once")
		}
	})

	t.Run("a host that is down is met before anything begins", func(t *testing.T) {
		c.servers[3].kill()
		s.reopen()
		applied, err := s.engine.Applied(t.Context())
		require.NoError(t, err)
		require.Len(t, applied, 3, "the hosts that answer know")
		texts["0004_last.sql"] = "ALTER TABLE events_local ADD COLUMN last String"
		err = s.apply(texts)
		require.ErrorIs(t, err, migrations.ErrServerAway)
		require.ErrorContains(t, err, "host "+c.name(3)+" (shard 2, replica 2) is down")
		require.Empty(t, c.at(s, 0).columnIn("SELECT host FROM devtrail_schema_history WHERE version = 4"))
		c.servers[3].start()
		s.reopen()
		require.NoError(t, s.apply(texts))
	})

	t.Run("a difference between the hosts fails the run", func(t *testing.T) {
		found, err := s.engine.Compare(t.Context())
		require.NoError(t, err)
		require.Empty(t, found)
		c.at(s, 1).exec("ALTER TABLE {db}.events_local MODIFY COLUMN last String DEFAULT 'planted'")
		texts["0005_next.sql"] = "ALTER TABLE events_local ADD COLUMN next String"
		err = s.apply(texts)
		require.ErrorIs(t, err, migrations.ErrRefused)
		require.ErrorContains(t, err, "host "+c.name(1)+" (shard 1, replica 2): table events_local is not as on the other hosts: it is [CREATE TABLE")
		found, err = s.engine.Compare(t.Context())
		require.NoError(t, err)
		require.Len(t, found, 2)
		require.Equal(t, "events_local", found[0].Object)
		require.Equal(t, "events_local.last", found[1].Object)
		require.Equal(t, c.name(1), found[1].Host)
		c.at(s, 1).exec("ALTER TABLE {db}.events_local MODIFY COLUMN last REMOVE DEFAULT")
		require.NoError(t, s.apply(texts))
		c.everywhere(s, "1 2 3 4 5", "SELECT toString(version) FROM ("+schema.ClickHouseApplied+")")
	})

	t.Run("a host that is new gets the definitions and the history", func(t *testing.T) {
		texts["0006_view.sql"] = "CREATE TABLE counts (k String, n UInt64) ENGINE = SummingMergeTree ORDER BY k;\n" +
			"CREATE MATERIALIZED VIEW a_view TO counts AS SELECT kind AS k, count() AS n FROM events_local GROUP BY kind"
		require.NoError(t, s.apply(texts))
		c.at(s, 2).exec("DROP DATABASE {db} SYNC")
		s.reopen()
		applied, err := s.engine.Applied(t.Context())
		require.NoError(t, err)
		require.Empty(t, applied)
		occupant, err := s.engine.Occupant(t.Context())
		require.NoError(t, err)
		require.Empty(t, occupant, "the others have a history")
		require.NoError(t, s.engine.Create(t.Context()))
		applied, err = s.engine.Applied(t.Context())
		require.NoError(t, err)
		require.Len(t, applied, 6)
		found, err := s.engine.Compare(t.Context())
		require.NoError(t, err)
		require.Empty(t, found)
		texts["0007_after.sql"] = "ALTER TABLE events_local ADD COLUMN after String"
		require.NoError(t, s.apply(texts))
	})

	t.Run("a cluster that the server does not know is refused", func(t *testing.T) {
		other := s.cfg
		other.Cluster = "nowhere"
		engine, err := Open(s.url, s.target, other, s.engine.now)
		require.NoError(t, err)
		defer engine.Close()
		_, err = engine.Applied(t.Context())
		require.ErrorContains(t, err, `the server knows no cluster "nowhere"`)
	})
}
