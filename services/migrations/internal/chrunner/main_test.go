package chrunner

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// site is a database with the engine that changes it and everything that the engine reported.
type site struct {
	t      *testing.T
	cfg    Config
	url    string
	engine *Engine
	target migrations.Target

	mu       sync.Mutex
	progress []migrations.Progress
	// onProgress, when not nil, is told each report.
	onProgress func(migrations.Progress)
}

// newSite makes an empty database on the shared server.
func newSite(t *testing.T, cfg Config) *site {
	s := openSite(t, dbtest.ClickHouseServer(t), dbtest.Name(t), cfg)
	t.Cleanup(func() {
		s.exec("DROP DATABASE IF EXISTS " + s.target.Database + " SYNC")
	})
	return s
}

// openSite is newSite on a server of the test's own, which takes everything with it.
func openSite(t *testing.T, url, database string, cfg Config) *site {
	t.Helper()
	if cfg.FailAfter == 0 {
		cfg.FailAfter = time.Second
	}
	cfg.Build, cfg.Poll = "test", 20*time.Millisecond
	s := &site{t: t, cfg: cfg, url: url, target: migrations.Target{Name: "ch", Database: database, Engine: migrations.ClickHouse}}
	s.reopen()
	t.Cleanup(func() { s.engine.Close() })
	require.NoError(t, s.engine.Create(t.Context()))
	return s
}

// reopen goes on with another engine, as another process would.
func (s *site) reopen() {
	s.t.Helper()
	if s.engine != nil {
		s.engine.Close()
	}
	engine, err := Open(s.url, s.target, s.cfg, time.Now)
	require.NoError(s.t, err)
	s.engine = engine
}

// files are those of a map from names to texts.
func files(t *testing.T, texts map[string]string) []schema.File {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	list, err := schema.Files(fsys)
	require.NoError(t, err)
	return list
}

// apply applies what is not applied yet.
func (s *site) apply(texts map[string]string, overrides ...migrations.Override) error {
	s.t.Helper()
	return s.applyIn(s.t.Context(), texts, overrides...)
}

func (s *site) applyIn(ctx context.Context, texts map[string]string, overrides ...migrations.Override) error {
	s.t.Helper()
	applied, err := s.engine.Applied(ctx)
	if err != nil {
		return err
	}
	pending := slices.DeleteFunc(files(s.t, texts), func(f schema.File) bool { return applied[f.Version] != "" })
	req := Request{Actor: "tester", Check: func(context.Context) error { return nil }, Files: pending, Overrides: map[string][]migrations.Override{}, Report: func(p migrations.Progress) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.progress = append(s.progress, p)
		if s.onProgress != nil {
			s.onProgress(p)
		}
	}}
	for _, o := range overrides {
		req.Overrides[o.File] = append(req.Overrides[o.File], o)
	}
	return survive(func() error { return s.engine.Apply(ctx, req) })
}

// survive gives back what cutOff threw.
func survive(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			cut, ok := p.(error)
			if !ok {
				panic(p)
			}
			err = cut
		}
	}()
	return work()
}

// refused applies one file more and returns why it was refused; nothing of it counts as applied.
func (s *site) refused(texts map[string]string, name, text string) string {
	s.t.Helper()
	texts[name] = text
	err := s.apply(texts)
	require.ErrorIs(s.t, err, migrations.ErrRefused)
	delete(texts, name)
	require.NotContains(s.t, s.columnIn("SELECT DISTINCT name FROM devtrail_schema_history WHERE statement = 0"), name)
	return err.Error()
}

// on connects to the database; the caller's statements run there.
func (s *site) on(work func(clickhouse.Conn)) {
	s.t.Helper()
	opts, err := clickhouse.ParseDSN(s.url)
	require.NoError(s.t, err)
	conn, err := clickhouse.Open(opts)
	require.NoError(s.t, err)
	defer conn.Close()
	work(conn)
}

// exec runs statements, whose names need the database: {db} stands for it.
func (s *site) exec(statements ...string) {
	s.t.Helper()
	s.on(func(conn clickhouse.Conn) {
		for _, sql := range statements {
			require.NoError(s.t, conn.Exec(context.Background(), s.named(sql)), sql)
		}
	})
}

func (s *site) columnIn(sql string) []string {
	s.t.Helper()
	opts, err := clickhouse.ParseDSN(s.url)
	require.NoError(s.t, err)
	opts.Auth.Database = s.target.Database
	conn, err := clickhouse.Open(opts)
	require.NoError(s.t, err)
	defer conn.Close()
	list, err := column[string](s.t.Context(), conn, s.named(sql))
	require.NoError(s.t, err)
	return list
}

// cutOff ends the next run at a point, as if the process had ended there.
func (s *site) cutOff(file string, statement int, phase Phase) {
	s.t.Helper()
	s.cfg.Observe = func(step Step) {
		if step.File == file && step.Statement == statement && step.Phase == phase {
			panic(errCut)
		}
	}
	s.reopen()
}

// heal lets the runs come to their end again.
func (s *site) heal() {
	s.cfg.Observe = nil
	s.reopen()
}
