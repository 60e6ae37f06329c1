package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// change is what a statement does by mutations: those of an ALTER, and the one by which a DELETE hides rows.
type change struct {
	// database is empty when the statement does not name it.
	database, table string
	// does has the commands as the server's formatter writes them.
	does string
}

// changeOf has the server format the statement, since system.mutations shows its commands in that form. The table is empty when the statement has no mutations.
func changeOf(ctx context.Context, conn driver.Conn, statement string) (change, error) {
	formatted, err := column[string](ctx, conn, "SELECT formatQuerySingleLine({query:String})", clickhouse.Named("query", statement))
	if e, ok := errors.AsType[*clickhouse.Exception](err); ok {
		message, _, _ := strings.Cut(e.Message, ": In scope SELECT")
		return change{}, &fatal{fmt.Errorf("the server cannot read the statement: %s", message)}
	}
	if err != nil {
		return change{}, err
	}
	tokens, err := sqlsplit.Tokens(formatted[0], sqlsplit.ClickHouse)
	if err != nil {
		return change{}, err
	}
	tokens = slices.DeleteFunc(tokens, func(t sqlsplit.Token) bool { return t.Kind == sqlsplit.Blank })
	does := ""
	switch {
	case starts(tokens, "ALTER", "TABLE"):
	case starts(tokens, "DELETE", "FROM"):
		does = "UPDATE _row_exists = 0"
	default:
		return change{}, nil
	}
	tokens = tokens[2:]
	if starts(tokens, "IF", "EXISTS") {
		tokens = tokens[2:]
	}
	c := change{}
	if len(tokens) > 2 && tokens[1].Text == "." {
		c.database, tokens = unquoted(tokens[0]), tokens[2:]
	}
	if len(tokens) > 0 {
		c.table, c.does = unquoted(tokens[0]), does+formatted[0][tokens[0].Pos+len(tokens[0].Text):]
	}
	return c, nil
}

// made reports whether a command of system.mutations is of the change, for the partition.
func (c change) made(command, database, partition string) bool {
	does := bare(strings.ReplaceAll(c.does, partitionParameter, "'"+partition+"'"), database)
	return strings.Contains(does, bare(command, database))
}

// bare writes a text without what depends on taste: blanks, parentheses, the quotes of names and, which the server adds to tables in subqueries, the database.
func bare(text, database string) string {
	tokens, err := sqlsplit.Tokens(text, sqlsplit.ClickHouse)
	if err != nil {
		return text // it was written by the server, so that there is none
	}
	var list []string
	for _, t := range tokens {
		switch {
		case t.Kind == sqlsplit.Blank, t.Kind == sqlsplit.Open, t.Kind == sqlsplit.Shut:
		case t.Text == "." && len(list) > 0 && list[len(list)-1] == database:
			list = list[:len(list)-1]
		default:
			list = append(list, unquoted(t))
		}
	}
	return " " + strings.Join(list, " ") + " "
}

func unquoted(t sqlsplit.Token) string { return strings.Trim(t.Text, "`") }

func starts(tokens []sqlsplit.Token, words ...string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for i, w := range words {
		if tokens[i].Text != w {
			return false
		}
	}
	return true
}
