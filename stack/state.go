package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// State is what others on this machine need to use a running suite. It is kept
// in the data folder, mode 0600, from the moment when every service is SERVING
// until a clean stop.
type State struct {
	PID         int               `json:"pid"`          // the supervisor's process
	StartedAt   time.Time         `json:"started_at"`   // UTC, whole seconds
	EventsStore string            `json:"events_store"` // clickhouse or postgres
	Endpoints   map[string]string `json:"endpoints"`    // host:port by service
	HTTP        map[string]string `json:"http"`         // http://host:port by service, of those with an HTTP door
	Keys        map[string]string `json:"keys"`         // tokens: admin, ingest, operator
}

// ErrNotRunning reports that no suite runs on a data folder.
var ErrNotRunning = errors.New("the suite is not running")

const stateFile = "stack.json"

// ReadState returns the state of the suite that runs on the data folder;
// ErrNotRunning when none does, also when one was killed and left its file.
func ReadState(dir string) (State, error) {
	state, err := readStateFile(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, notRunning(dir)
	}
	if err != nil {
		return State{}, err
	}
	if free, err := lockIsFree(dir); err != nil || free {
		return State{}, errors.Join(notRunning(dir), err)
	}
	return state, nil
}

func notRunning(dir string) error {
	return fmt.Errorf("%w on %s: start it with `devtrail up`", ErrNotRunning, dir)
}

func readStateFile(dir string) (State, error) {
	path := filepath.Join(dir, stateFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return State{}, err
	}
	var state State
	if err := json.Unmarshal(data, &state); err != nil {
		return State{}, fmt.Errorf("%s: %w", path, err)
	}
	return state, nil
}

func writeState(dir string, state State) error {
	return writePrivate(filepath.Join(dir, stateFile), state)
}

func removeState(dir string) error {
	_, err := takeState(dir)
	return err
}

// takeState removes the file and reports whether it was there.
func takeState(dir string) (bool, error) {
	err := os.Remove(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// writePrivate replaces a file that only this user may read. Readers see the
// old file or the new one, never a part.
func writePrivate(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, path)
}
