package runner

import (
	"fmt"
	"maps"
	"slices"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// errRefused says that the history and the files contradict each other, so that nothing may be applied until people have decided.
var errRefused = fault.New(fault.State, "MIGRATION_REFUSED", "the history and the files contradict each other")

// plan returns the files that wait: those above everything applied. It refuses by name what was edited, is missing, or was added below.
func plan(applied map[int64]string, files []schema.File) ([]schema.File, error) {
	verdict := schema.Judge(applied, files)
	if text := verdict.Contradiction(); text != "" {
		return verdict.Pending, errRefused.With("%s", text)
	}
	return verdict.Pending, nil
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
