package chrunner

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
	"devtrail.dev/stack/engines"
)

func TestAServerKilledInAMutationGoesOnWithIt(t *testing.T) {
	server := newServer(t, engines.ClickHouseConfig{})
	s := openSite(t, server.URL(), "crash", Config{})
	texts, begin := slow(t, s, 0.5)
	kill := sync.OnceFunc(server.kill)
	s.onProgress = func(p migrations.Progress) {
		if !strings.Contains(p.Message, "parts to do") {
			return
		}
		begin()
		if p.Percent > 0 {
			kill()
		}
	}
	err := s.apply(texts)
	require.ErrorIs(t, err, migrations.ErrServerAway)
	require.ErrorContains(t, err, "0002_slow.sql line 1: the database server is away")
	server.start()
	s.reopen()
	require.Equal(t, []string{"1"}, s.columnIn("SELECT toString(count()) FROM system.mutations WHERE NOT is_done"), "it is in the middle")
	require.NoError(t, s.apply(texts))
	require.Equal(t, []string{"1"}, s.columnIn("SELECT toString(count()) FROM system.mutations"), "it was not started twice")
	require.Equal(t, []string{"40 1 1"}, s.columnIn("SELECT concat(toString(count()), ' ', toString(min(b)), ' ', toString(max(b))) FROM t"))
}

func TestAServerKilledInDDLIsMetAgainAtTheStatement(t *testing.T) {
	server := newServer(t, engines.ClickHouseConfig{})
	texts := map[string]string{
		"0001_t.sql":   "CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a;\nINSERT INTO t SELECT number, 'x' FROM numbers(10)",
		"0002_ddl.sql": "ALTER TABLE t ADD COLUMN c String DEFAULT b;\nCREATE TABLE u AS t;\nALTER TABLE t RENAME COLUMN b TO d;\nEXCHANGE TABLES t AND u;\nDROP TABLE t SYNC;\nRENAME TABLE u TO t",
	}
	for number := range 6 {
		for _, phase := range []Phase{Journaled, Sent} {
			s := openSite(t, server.URL(), "crash", Config{})
			kill := sync.OnceFunc(server.kill)
			s.cfg.Observe = func(step Step) {
				if step.File == "0002_ddl.sql" && step.Statement == number+1 && step.Phase == phase {
					kill()
				}
			}
			s.reopen()
			err := s.apply(texts)
			require.ErrorIs(t, err, migrations.ErrServerAway, "statement %d %s", number+1, phase)
			server.start()
			s.heal()
			require.NoError(t, s.apply(texts), "statement %d %s", number+1, phase)
			require.Equal(t, []string{"a,d,c 10"}, s.columnIn(
				"SELECT concat((SELECT arrayStringConcat(groupArray(name), ',') FROM system.columns WHERE table = 't' AND database = '{db}'), ' ', toString(count())) FROM t WHERE d = 'x'"))
			s.exec("DROP DATABASE {db} SYNC")
		}
	}
}

func TestAFullDiskIsToldBeforeAndSurvivedWhenItComes(t *testing.T) {
	const room = `<storage_configuration><disks><default><keep_free_space_bytes>0</keep_free_space_bytes></default><small><path>DIR/small/</path>
<keep_free_space_bytes>KEEP</keep_free_space_bytes></small></disks><policies><small><volumes><v><disk>small</disk></v></volumes></small></policies></storage_configuration>`
	const full = "1000000000000000"
	dir := t.TempDir()
	config := func(small, standard string) string {
		return strings.NewReplacer("DIR", dir, "KEEP", small, "<keep_free_space_bytes>0<", "<keep_free_space_bytes>"+standard+"<").Replace(room)
	}
	server := newServer(t, engines.ClickHouseConfig{ExtraConfig: config("0", "0")})
	s := openSite(t, server.URL(), "room", Config{})
	restart := func(extra string) {
		t.Helper()
		server.stop()
		server.cfg.ExtraConfig = extra
		server.start()
		s.reopen()
	}
	texts := map[string]string{"0001_t.sql": "CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'small'"}
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.t SELECT number, toString(number) FROM numbers(1000)")

	restart(config(full, "0"))
	message := s.refused(texts, "0002_n.sql", "ALTER TABLE t UPDATE b = 'y' WHERE 1")
	require.Contains(t, message, "rewriting the column b of t needs")
	require.Contains(t, message, "make room first; nothing was begun (rule ch-free-disk)")
	require.Empty(t, s.columnIn("SELECT command FROM system.mutations"))

	texts["0002_n.sql"] = "ALTER TABLE t UPDATE b = 'y' WHERE 1"
	err := s.apply(texts, migrations.Override{File: "0002_n.sql", Rule: ruleFreeDisk, Reason: "to see what happens"})
	require.ErrorContains(t, err, "waits for room")
	require.ErrorContains(t, err, "nothing is lost, and the next run waits for it")
	require.Equal(t, []string{"1000"}, s.columnIn("SELECT toString(count()) FROM t WHERE b != 'y'"))
	restart(config("0", "0"))
	require.NoError(t, s.apply(texts))
	require.Equal(t, []string{"1000"}, s.columnIn("SELECT toString(count()) FROM t WHERE b = 'y'"))
	require.Len(t, s.columnIn("SELECT command FROM system.mutations"), 1, "it was not started twice")

	restart(config("0", full))
	texts["0003_n.sql"] = "ALTER TABLE t ADD COLUMN c String"
	err = s.apply(texts)
	require.ErrorContains(t, err, "the server has no room; nothing is lost, and the run goes on here when there is some")
	require.NotErrorIs(t, err, migrations.ErrServerAway)
	restart(config("0", "0"))
	require.NoError(t, s.apply(texts))
	require.Len(t, s.columnIn("SELECT name FROM system.columns WHERE table = 't' AND name = 'c'"), 1)
}
