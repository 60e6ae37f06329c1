package postgres

import pg "github.com/pganalyze/pg_query_go/v6"

// Tree returns the tree of one statement as Postgres reads it, or Postgres' own sentence. Callers in this process share the one instance of the grammar.
func Tree(sql string) (*pg.Node, error) { return parse(sql) }
