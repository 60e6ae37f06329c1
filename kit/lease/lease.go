// Package lease keeps a service instance's lease at the migrations service: who it is, what it needs of its database and which columns its SQL uses, so that
// no schema change takes them away while it lives. It stands beside the path of a request: a service starts and serves without the migrations service.
package lease

import (
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/schema"
)

// Instance is a running process of a service. Its zero value is not useful; New makes one.
type Instance struct {
	// Service is its name.
	Service string
	// ID is unique among all instances that ever ran.
	ID string
	// Build names its build: the revision when it is known.
	Build string
	// Needs is what it needs of its databases.
	Needs []Need
	// Parked says that it is not running and may come back, so that its lease does not lapse.
	Parked bool
	// ExpectedInterval is, for jobs, how long after the last run it still counts; 0 for services.
	ExpectedInterval time.Duration
}

// Need is what an instance needs of a database.
type Need struct {
	// Database is its name in the suite: identity, packages, analytics.
	Database string
	// MinVersion is the lowest version of the schema with which it works.
	MinVersion int64
	// MaxVersionExclusive is the lowest version with which it no longer works; 0 when none is known.
	MaxVersionExclusive int64
	// Uses are the columns that its SQL uses, as table.column.
	Uses []string
}

// New makes an instance of a service with a fresh id.
func New(service string) Instance {
	return Instance{Service: service, ID: uuid.NewString(), Build: build()}
}

// idShown is how much of its id an instance shows in the databases: 32 random bits.
const idShown = 8

// ApplicationName is how the connections of the instance show in the databases.
func (i Instance) ApplicationName() string {
	return "devtrail-" + i.Service + " " + i.ID[:min(idShown, len(i.ID))]
}

// NeedOf is the need of a service for its own database: the newest file that it waits for, and the columns that it uses.
func NeedOf(database string, files fs.FS, uses []string) (Need, error) {
	list, err := schema.Files(files)
	if err != nil {
		return Need{}, fmt.Errorf("read the migrations of %s: %w", database, err)
	}
	need := Need{Database: database, Uses: uses}
	for _, f := range list {
		if f.Required() {
			need.MinVersion = f.Version
		}
	}
	return need, nil
}

// Columns reads a list of columns: table.column, one a line, and comments that begin with #.
func Columns(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

// build is the revision when it is known, else the version of the main module.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && s.Value != "" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	if info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
