package runner

import (
	"time"

	"devtrail.dev/services/migrations/internal/segment"
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
	if segment.Long(s) {
		return long
	}
	switch s.Keyword() {
	case "", "CALL", "COPY", "DELETE", "DO", "INSERT", "MERGE", "SELECT", "UPDATE", "WITH":
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
