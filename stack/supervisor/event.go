package supervisor

import "time"

// State is what happened to a process.
type State string

// The states, in the order of a life.
const (
	Starting State = "starting" // it is being launched
	Waiting  State = "waiting"  // it runs and has not been ready for long; Err says why
	Ready    State = "ready"    // it answers; Took says after how long
	Ended    State = "ended"    // it ended by itself, or could not be started again; Err says how; it will be restarted
	Stopped  State = "stopped"  // it was stopped by us; Err is set when that took force
)

// Event is one change in the life of a process.
type Event struct {
	Name  string
	State State
	Pid   int           // 0 when it does not run
	Took  time.Duration // since the launch, for Ready and Waiting; since the request, for Stopped
	Err   error
}
