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

// refusesTransaction reports whether Postgres refuses the statement in a transaction block.
func refusesTransaction(s sqlsplit.Statement) bool {
	words := s.Words(400)
	if len(words) == 0 {
		return false
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	second := ""
	if len(words) > 1 {
		second = words[1]
	}
	switch words[0] {
	case "VACUUM":
		return true
	case "DISCARD":
		return second == "ALL"
	case "CLUSTER":
		return len(words) == 1 || (len(words) == 2 && second == "VERBOSE")
	case "REINDEX":
		return has("CONCURRENTLY") || has("DATABASE") || has("SCHEMA") || has("SYSTEM")
	case "CREATE", "DROP":
		switch second {
		case "DATABASE", "SUBSCRIPTION", "TABLESPACE":
			return true
		case "INDEX", "UNIQUE":
			return slices.Contains(words[:min(4, len(words))], "CONCURRENTLY")
		}
	case "ALTER":
		switch second {
		case "SYSTEM":
			return true
		case "DATABASE":
			return has("TABLESPACE")
		case "TABLE":
			return has("DETACH") && has("CONCURRENTLY")
		}
	}
	return false
}

// addsEnumValue reports whether the statement makes a value that cannot be used in the transaction that makes it.
func addsEnumValue(s sqlsplit.Statement) bool {
	words := s.Words(8)
	return len(words) > 3 && words[0] == "ALTER" && words[1] == "TYPE" && slices.Contains(words, "ADD") && slices.Contains(words, "VALUE")
}
