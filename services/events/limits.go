package events

import (
	"errors"
	"time"
)

// SpareConnections is how many connections to the database a store has beside those that questions may hold: for the health, for what is stored and for the work that
// goes on by itself. Without them slow questions would stop all of that.
const SpareConnections = 8

// QueryLimits are what one question may take of the database. What would take more is ended there, with ErrQuestionTooSlow or ErrQuestionTooLarge.
type QueryLimits struct {
	// Time that a statement may take when its caller's deadline allows more.
	Time time.Duration `env:"TIME" envDefault:"15s"`
	// MemoryBytes that the server may use for it. Of ClickHouse: Postgres goes to disk where a step of a plan needs much.
	MemoryBytes int64 `env:"MEMORY_BYTES" envDefault:"4294967296"`
	// ResultRows that a statement may send, rows of events from which funnels and paths are made included.
	ResultRows int64 `env:"RESULT_ROWS" envDefault:"50000000"`
}

// DefaultQueryLimits are those of an installation that sets none.
func DefaultQueryLimits() QueryLimits {
	return QueryLimits{Time: 15 * time.Second, MemoryBytes: 4 << 30, ResultRows: 50_000_000}
}

// Validate names what is out of range.
func (l QueryLimits) Validate() error {
	if l.Time <= 0 || l.MemoryBytes < 1<<20 || l.ResultRows < 1000 {
		return errors.New("EVENTS_QUERY_TIME is more than 0, like 15s; EVENTS_QUERY_MEMORY_BYTES is 1048576 or more; EVENTS_QUERY_RESULT_ROWS is 1000 or more")
	}
	return nil
}
