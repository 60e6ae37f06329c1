package plan

import (
	"context"
	"errors"
	"strings"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/scratch"
	"devtrail.dev/services/migrations/internal/segment"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// failure is a statement that fails in the transaction that it shares with those before it.
type failure struct {
	file   string
	number int
	err    error
}

// rehearse runs the files in one transaction, as they will be, and rolls back. Statements are measured each in a transaction of its own, in which what
// a shared one refuses would not be seen: a new label of an enum that is used at once, a table that is altered while its rows have triggers to run.
// It returns how many files share the transaction, at least one, and the statement that fails there, if any.
func (m *meter) rehearse(ctx context.Context, files []schema.File) (shared int, failed *failure, err error) {
	if _, err := m.conn.Exec(ctx, "BEGIN"); err != nil {
		return 0, nil, err
	}
	defer func() {
		_, rollback := m.conn.Exec(ctx, "ROLLBACK")
		err = errors.Join(err, rollback)
	}()
	for i, f := range files {
		if segment.Apart(f) {
			return max(i, 1), nil, nil
		}
		cut, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
		if err != nil {
			return max(i, 1), nil, nil // it is said where the file is measured
		}
		for j, s := range cut {
			if scratch.Global(s) {
				return max(i, 1), nil, nil
			}
			if _, err = m.conn.PgConn().Exec(ctx, s.Text).ReadAll(); err == nil {
				continue
			}
			code := pg.Code(err)
			switch {
			case ctx.Err() != nil || m.conn.IsClosed():
				return 0, nil, err
			case code == codeInTransaction:
				return max(i, 1), nil, nil
			case strings.HasPrefix(code, classDataException) || strings.HasPrefix(code, classIntegrity):
				return i + 1, nil, nil // it is our rows that it does not like
			}
			return i + 1, &failure{file: f.Name, number: j + 1, err: err}, nil
		}
		if _, err := m.conn.Exec(ctx, "RESET ALL"); err != nil {
			return 0, nil, err
		}
	}
	return len(files), nil, nil
}
