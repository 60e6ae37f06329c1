package migrations

import "time"

// Times of leases. An instance calls every HeartbeatInterval; a lease outlives two lost calls.
const (
	HeartbeatInterval = 10 * time.Second
	LeaseTime         = 45 * time.Second
)

// Instance is a running process of a service.
type Instance struct {
	Service string
	// ID is unique among all instances that ever ran.
	ID    string
	Build string
	// ApplicationName is how its connections show in the databases.
	ApplicationName string
	Needs           []SchemaNeed
	// Parked instances are not running and may come back; their leases do not lapse.
	Parked bool
	// ExpectedInterval is, for jobs, how long after the last run they still count; 0 for services.
	ExpectedInterval time.Duration
}

// SchemaNeed is what an instance needs of a database.
type SchemaNeed struct {
	Database string
	// MinVersion is the lowest version with which it works.
	MinVersion int64
	// MaxVersionExclusive is the lowest version with which it no longer works; 0 when none is known.
	MaxVersionExclusive int64
	// Uses has the columns of its SQL, as table.column.
	Uses []string
}

// LeaseState is how a lease stands.
type LeaseState uint8

// The states of a lease.
const (
	// Live leases are renewed.
	Live LeaseState = iota + 1
	// Lapsed leases are not; whether the instance is gone is for the database's connections to say.
	Lapsed
	// Released leases were given back.
	Released
)

// Lease is an instance with its lease. Times are the database's.
type Lease struct {
	Instance
	State        LeaseState
	RegisteredAt time.Time
	SeenAt       time.Time
	ExpiresAt    time.Time
}
