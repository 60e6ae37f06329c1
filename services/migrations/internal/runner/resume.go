package runner

import (
	"crypto/sha256"
	"encoding/hex"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// remaining returns the statements behind those that are done. A file that stopped half-way may be edited in its rest, which is how a bad statement is mended;
// an edit of what has run is refused.
func remaining(f schema.File, statements []sqlsplit.Statement, finished map[int]string) ([]sqlsplit.Statement, error) {
	n := 0
	for n < len(statements) {
		checksum, ok := finished[n+1]
		if !ok {
			break
		}
		if checksum != statementChecksum(statements[n]) {
			return nil, migrations.ErrRefused.With("%s line %d: the statement was edited after it had run: restore it and put the change behind it", f.Name, statements[n].Line)
		}
		n++
	}
	if len(finished) > n {
		return nil, migrations.ErrRefused.With("%s: %d of its statements have run and the file has only %d of them: restore the others", f.Name, len(finished), n)
	}
	return statements[n:], nil
}

func statementChecksum(s sqlsplit.Statement) string {
	sum := sha256.Sum256([]byte(s.Text))
	return hex.EncodeToString(sum[:])
}
