package server

import (
	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/insight"
)

// Seams are the places where a test of faults stands between the service and what it rests on. The zero value leaves everything as it is.
type Seams struct {
	// Disk is where the log of accepted events is; nil for the machine's.
	Disk vfs.FS
	// Engine changes the store that the settings name; nil for none.
	Engine func(insight.Engine) insight.Engine
}

func (s Seams) engine(e insight.Engine) insight.Engine {
	if s.Engine == nil {
		return e
	}
	return s.Engine(e)
}
