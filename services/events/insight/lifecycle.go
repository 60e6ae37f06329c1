package insight

import "time"

// LifecycleQuery asks who is new, who stays, who comes back and who left.
type LifecycleQuery struct {
	Question             // its range is the whole buckets
	Buckets  []time.Time // whole ones
	Before   time.Time   // start of the bucket before the first, which counts for it
	Matcher  Matcher
}

// Status is what an actor is in a bucket; the numbers are those of the contract.
type Status uint8

// Active for the first time ever; active in the bucket before too; active, but neither; silent after a bucket with activity.
const (
	New Status = iota + 1
	Returning
	Resurrecting
	Dormant
)

// LifecycleRow is one bucket. Dormant is not negative here; the contract shows it so.
type LifecycleRow struct {
	New, Returning, Resurrecting, Dormant int64
}
