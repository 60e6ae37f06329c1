package scratch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// consumers are the engines of ClickHouse whose tables take messages away from whoever else reads them.
var consumers = map[string]bool{
	"AZUREQUEUE": true, "FILELOG": true, "KAFKA": true, "MATERIALIZEDPOSTGRESQL": true, "NATS": true, "RABBITMQ": true, "S3QUEUE": true,
}

// Global reports whether a statement of Postgres reaches beyond its database, to roles, settings or other databases.
func Global(s sqlsplit.Statement) bool {
	words := s.Words(2)
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "ALTER", "CREATE", "DROP", "REASSIGN":
	default:
		return false
	}
	switch words[1] {
	case "DATABASE", "GROUP", "OWNED", "ROLE", "SUBSCRIPTION", "SYSTEM", "TABLESPACE", "USER":
		// A user mapping is of the database.
		mapping := s.Words(3)
		return len(mapping) < 3 || mapping[2] != "MAPPING"
	}
	return false
}

// GlobalClickHouse is Global for a statement of ClickHouse.
func GlobalClickHouse(s sqlsplit.Statement) bool {
	words := s.Words(4)
	if len(words) == 0 {
		return false
	}
	at := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch words[0] {
	case "BACKUP", "GRANT", "KILL", "MOVE", "RESTORE", "REVOKE", "SYSTEM", "UNDROP", "USE":
		return true
	case "SET":
		return at(1) == "ROLE" || at(1) == "DEFAULT"
	case "INSERT":
		return at(1) == "INTO" && (at(2) == "FUNCTION" || at(2) == "TABLE" && at(3) == "FUNCTION")
	case "ALTER", "ATTACH", "CREATE", "DETACH", "DROP", "RENAME":
	default:
		return false
	}
	what := at(1)
	if what == "OR" && at(2) == "REPLACE" {
		what = at(3)
	}
	switch what {
	case "DATABASE", "FUNCTION", "MASKING", "NAMED", "POLICY", "PROFILE", "QUOTA", "RESOURCE", "ROLE", "ROW", "SETTINGS", "USER", "WORKLOAD":
		return true
	}
	return false
}

// Local returns the text to run in the scratch database: without ON CLUSTER, since no other host has the database. A statement that names another
// database of the server, or whose table would take messages from a queue, is refused: it would act on what is in use.
func (s *ClickHouse) Local(ctx context.Context, statement sqlsplit.Statement) (string, error) {
	var databases []string
	if err := s.server.QueryRow(ctx, "SELECT groupArray(name) FROM system.databases WHERE lower(name) NOT IN ('system', 'information_schema')").Scan(&databases); err != nil {
		return "", fmt.Errorf("list the databases: %w", err)
	}
	others := make(map[string]bool, len(databases))
	for _, name := range databases {
		others[name] = name != s.name
	}
	pieces, err := sqlsplit.Tokens(statement.Text, sqlsplit.ClickHouse)
	if err != nil {
		return "", err
	}
	tokens := pieces[:0:0]
	for _, p := range pieces {
		if p.Kind != sqlsplit.Blank {
			tokens = append(tokens, p)
		}
	}
	text := []byte(statement.Text)
	for i, t := range tokens {
		next := func(n int) string {
			if i+n < len(tokens) {
				return tokens[i+n].Text
			}
			return ""
		}
		switch up := strings.ToUpper(t.Text); {
		case next(1) == "." && others[unquoted(t)] && (i == 0 || tokens[i-1].Text != "."):
			return "", fmt.Errorf("it names the database %s, which a scratch database must not touch; name the table alone", unquoted(t))
		case up == "ENGINE" && (consumers[strings.ToUpper(next(1))] || next(1) == "=" && consumers[strings.ToUpper(next(2))]):
			return "", errors.New("its table would take messages from a queue that is in use")
		case up == "ON" && strings.EqualFold(next(1), "CLUSTER") && i+2 < len(tokens):
			last := tokens[i+2]
			for at := t.Pos; at < last.Pos+len(last.Text); at++ {
				// Lines keep their numbers.
				if text[at] != '\n' {
					text[at] = ' '
				}
			}
		}
	}
	return string(text), nil
}

// unquoted is the name that the token may be, "" for a string.
func unquoted(t sqlsplit.Token) string {
	if t.Kind == sqlsplit.Word {
		return t.Text
	}
	if t.Kind == sqlsplit.Quoted && (t.Text[0] == '`' || t.Text[0] == '"') {
		return t.Text[1 : len(t.Text)-1]
	}
	return ""
}
