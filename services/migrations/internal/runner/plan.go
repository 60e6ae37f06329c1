package runner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// standing is how a database stands against the files of the build.
type standing struct {
	applied map[int64]string
	// pending are required files that wait, in order. On a fresh database, all files that wait.
	pending []schema.File
	// later are contract and background files that wait; none on a fresh database.
	later []schema.File
	// fresh says that nobody has used the database so far, so that nothing is there to protect.
	fresh bool
}

// stand compares what is applied with the files. It refuses by name what was edited, is missing, or was added below.
// A database is fresh when nothing is applied, or when its first run, which was to reach the version first, was cut off. It was when a required file
// up to that version waits: services start when none does, whatever the ledger was told of the run.
func stand(applied map[int64]string, files []schema.File, first int64) (standing, error) {
	verdict := schema.Judge(applied, files)
	s := standing{applied: applied, pending: verdict.Pending, later: verdict.Later}
	s.fresh = len(applied) == 0 || slices.ContainsFunc(verdict.Pending, func(f schema.File) bool { return f.Version <= first })
	if text := verdict.Contradiction(); text != "" {
		return s, migrations.ErrRefused.With("%s", text)
	}
	if s.fresh {
		s.pending, s.later = slices.Concat(s.pending, s.later), nil
		slices.SortFunc(s.pending, func(a, b schema.File) int { return cmp.Compare(a.Version, b.Version) })
	}
	return s, nil
}

// waiting is everything that waits, in the order in which it would be applied.
func (s standing) waiting() []schema.File {
	all := slices.Clone(s.pending)
	for _, background := range []bool{false, true} {
		for _, f := range s.later {
			if f.Background == background {
				all = append(all, f)
			}
		}
	}
	return all
}

// among returns the files that are applied.
func (s standing) among(files []schema.File) []schema.File {
	return slices.DeleteFunc(slices.Clone(files), func(f schema.File) bool {
		_, ok := s.applied[f.Version]
		return !ok
	})
}

// check refuses files that cannot be cut into statements, and statements that would end the runner's transaction.
func check(files []schema.File, engine migrations.Engine) error {
	for _, f := range files {
		statements, err := sqlsplit.Split(f.SQL, dialect(engine))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if len(statements) == 0 {
			return fmt.Errorf("%s: it has no statement", f.Name)
		}
		if engine != migrations.Postgres {
			continue
		}
		for _, s := range statements {
			switch k := s.Keyword(); k {
			case "ABORT", "BEGIN", "COMMIT", "END", "PREPARE", "RELEASE", "ROLLBACK", "SAVEPOINT", "START":
				return fmt.Errorf("%s line %d: %s is not for a migration: the runner owns the transaction", f.Name, s.Line, k)
			}
		}
	}
	return nil
}

func dialect(engine migrations.Engine) sqlsplit.Dialect {
	if engine == migrations.ClickHouse {
		return sqlsplit.ClickHouse
	}
	return sqlsplit.Postgres
}

func newest(applied map[int64]string) int64 {
	return slices.Max(append(slices.Collect(maps.Keys(applied)), 0))
}

func names(files []schema.File) []string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = f.Name
	}
	return list
}
