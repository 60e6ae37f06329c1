package events

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrQueryNotFound says that the organization has no such query under way: it never was, or has ended.
var ErrQueryNotFound = fault.New(fault.NotFound, "QUERY_NOT_FOUND", "the organization has no such query under way")

// Tag says of a query in the database whose it is and what it does; every query of a store carries one. It holds no value of the question.
type Tag struct {
	Organization string   // UUID; empty for a query of the store's own
	Caller       string   // id of the credential; empty for work that nobody waits for
	RPC          string   // full name of the method; empty likewise
	Kind         string   // what the query is for, a word of the store
	RequestID    string   // of the request that it is part of; empty likewise
	Properties   []string // keys of the events' properties that the query looks at; nil when there are none
}

// Query is one query of the database.
type Query struct {
	ID        string // as CancelQuery takes it; unique in the store
	Tag       Tag
	StartedAt time.Time // UTC
	Elapsed   time.Duration
	Usage     Usage
	Failure   string // of one that has ended in an error: the store's code of it
}

// Usage is what a query took. A number that the engine does not tell is 0.
type Usage struct {
	ReadRows, ReadBytes int64
	ResultRows          int64
	MemoryBytes         int64 // the most at any moment
}

// SlowQueryFilter says which queries that have ended are meant.
type SlowQueryFilter struct {
	Since time.Time     // those that ended then or later
	Least time.Duration // those that took as long or longer
	Limit int           // at least 1
}

// SlowQueries is a record of queries.
type SlowQueries struct {
	Queries  []Query
	Instance bool // it is of the queries of this instance of the service alone
}

// StoreStatus is how a database is.
type StoreStatus struct {
	Engine        string // memory, postgres or clickhouse
	Version       string // of the server
	SchemaVersion int64  // of the newest migration that is applied
	StartedAt     time.Time
	Tables        []TableStatus   // by name
	Disks         []DiskStatus    // by name; none where the engine does not tell
	Replicas      []ReplicaStatus // by name; none where there is one server
}

// TableStatus is how large a table is. Rows is an estimate where the engine counts none.
type TableStatus struct {
	Name        string
	Rows, Bytes int64
	Parts       int64 // that the engine keeps apart: parts of ClickHouse, partitions of Postgres
}

// DiskStatus is what room a disk has.
type DiskStatus struct {
	Name                  string
	FreeBytes, TotalBytes int64
}

// ReplicaStatus is how far a copy is behind.
type ReplicaStatus struct {
	Name    string // of the table's copy, or of the standby
	Healthy bool
	Lag     time.Duration
	Waiting int64 // entries that it has yet to take; 0 where the engine does not tell
}

// Monitor is the part of a Store that tells how the database is and what it does. The law of the Store holds for it.
type Monitor interface {
	// Status must tell how the database is; it must not depend on the number of events.
	Status(ctx context.Context) (StoreStatus, error)
	// RunningQueries must return the organization's queries that run now, those that run longest first. Those that ask for it are not among them.
	RunningQueries(ctx context.Context, organization uuid.UUID) ([]Query, error)
	// CancelQuery must end a running query of the organization: it is gone within a second, and its caller gets ErrQuestionCanceled.
	// Of one that is another organization's, or has ended, the error is ErrQueryNotFound.
	CancelQuery(ctx context.Context, organization uuid.UUID, id string) error
	// SlowQueries must return queries of the organization that have ended, well or not, the slowest first. It may forget the oldest.
	SlowQueries(ctx context.Context, organization uuid.UUID, f SlowQueryFilter) (SlowQueries, error)
	// DeadLetterCount must return how many dead letters the organization has.
	DeadLetterCount(ctx context.Context, organization uuid.UUID) (int64, error)
}
