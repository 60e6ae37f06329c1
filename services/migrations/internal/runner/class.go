package runner

import (
	"slices"
	"strings"
	"time"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// class is how long a statement of Postgres may take by its nature.
type class uint8

const (
	ddl  class = iota // changes definitions and should take no time
	data              // moves rows
	long              // reads a whole table by design, under a lock that lets writers go on
)

func classOf(s sqlsplit.Statement) class {
	words := s.Words(8)
	if len(words) == 0 {
		return data
	}
	switch words[0] {
	case "ANALYZE", "REINDEX", "REFRESH", "VACUUM":
		return long
	case "CREATE", "DROP", "ALTER":
		if slices.Contains(words, "CONCURRENTLY") || strings.Contains(strings.ToUpper(s.Text), "VALIDATE CONSTRAINT") {
			return long
		}
		return ddl
	case "CALL", "COPY", "DELETE", "DO", "INSERT", "MERGE", "SELECT", "UPDATE", "WITH":
		return data
	}
	return ddl
}

func (p *postgres) timeout(c class) time.Duration {
	switch c {
	case data:
		return p.cfg.DataTimeout
	case long:
		return p.cfg.LongTimeout
	}
	return p.cfg.DDLTimeout
}
