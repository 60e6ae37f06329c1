package engines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The probes tell our own server from another that was faster on its port and
// answers there while ours is about to end.

// probePostgres returns nil when the process accepts sessions on the data
// folder, which postgres says in its postmaster.pid (where pg_ctl reads it): the
// first line is its number and the eighth its state.
func probePostgres(dataDir string, pid int) error {
	data, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return err
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) < 8 || strings.TrimSpace(lines[0]) != strconv.Itoa(pid) {
		return errors.New("the server does not listen yet")
	}
	if state := strings.TrimSpace(lines[7]); state != "ready" {
		return fmt.Errorf("the server is %s", state)
	}
	return nil
}

// dataQuery asks a ClickHouse where its data lies.
const dataQuery = "SELECT path FROM system.disks WHERE name = 'default' FORMAT RawBLOB"

// probeClickHouse returns nil when the server on the data folder answers on the
// HTTP port, which it opens last: its relay listens before the library is
// loaded, the native port behind it before this one.
func probeClickHouse(ctx context.Context, dataDir string, port int) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	path, err := httpAsk(ctx, http.MethodGet, port, "/?query="+url.QueryEscape(dataQuery))
	if err != nil {
		return err
	}
	theirs, err := os.Stat(path)
	if err != nil {
		return err
	}
	ours, err := os.Stat(dataDir)
	if err != nil {
		return err
	}
	if !os.SameFile(theirs, ours) {
		return fmt.Errorf("another ClickHouse answers on %s", address(port))
	}
	return nil
}
