package backfill

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// partitionParameter stands for the id of the partition in a statement for ClickHouse.
const partitionParameter = "{partition:String}"

// statementOf returns the one statement of a backfill.
func statementOf(b schema.Backfill, engine migrations.Engine) (string, error) {
	dialect := sqlsplit.Postgres
	if engine == migrations.ClickHouse {
		dialect = sqlsplit.ClickHouse
	}
	list, err := sqlsplit.Split(b.SQL, dialect)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", fmt.Errorf("it has %d statements; a backfill has one", len(list))
	}
	text := list[0].Text
	if engine == migrations.ClickHouse {
		if !strings.Contains(text, partitionParameter) {
			return "", fmt.Errorf("its statement does not name %s, so that every run would go through the whole table", partitionParameter)
		}
		return text, nil
	}
	if !slices.Contains([]string{"DELETE", "INSERT", "MERGE", "SELECT", "UPDATE", "WITH"}, list[0].Keyword()) {
		return "", errors.New("its statement is none of DELETE, INSERT, MERGE, SELECT, UPDATE and WITH")
	}
	tokens, err := sqlsplit.Tokens(text, dialect)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(tokens, func(t sqlsplit.Token) bool { return t.Kind == sqlsplit.Word && strings.EqualFold(t.Text, "batch") }) {
		return "", errors.New("its statement does not name the table batch, so that every run would go through the whole table")
	}
	return text, nil
}

var with = regexp.MustCompile(`(?i)^WITH(\s+RECURSIVE)?\s`)

// before puts the batch before a statement, which may have a WITH of its own.
func before(batch, statement string) string {
	m := with.FindStringSubmatch(statement)
	if m == nil {
		return "WITH " + batch + "\n" + statement
	}
	return "WITH" + strings.ToUpper(m[1]) + " " + batch + ",\n" + statement[len(m[0]):]
}
