package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"devtrail.dev/kit/dial"
	"devtrail.dev/stack"
)

// defaultAddresses are where the services of a single machine listen.
var defaultAddresses = map[string]string{
	"events": "127.0.0.1:7404", "identity": "127.0.0.1:7402", "migrations": "127.0.0.1:7401", "packages": "127.0.0.1:7403",
}

// connectFlags say which services are meant and who calls. What is not said comes from the suite that runs on this machine.
type connectFlags struct {
	dataDir   string
	key       string
	addresses map[string]*string // by service
}

// add adds the flags for some services; the first one's is plainly called address.
func (f *connectFlags) add(cmd *cobra.Command, services ...string) {
	flags := cmd.Flags()
	flags.StringVar(&f.dataDir, "data-dir", "", "folder of the suite that runs on this machine (default the nearest .devtrail)")
	flags.StringVar(&f.key, "key", "", "API key (default DEVTRAIL_KEY, else that of the suite on this machine)")
	f.addresses = map[string]*string{}
	for i, service := range services {
		name := service + "-address"
		if i == 0 {
			name = "address"
		}
		f.addresses[service] = flags.String(name, "", "host:port of the "+service+" service (default that of the suite on this machine)")
	}
}

// connection is where the services are and the key to call them with.
type connection struct {
	key       string
	addresses map[string]string
	// home is the data folder of the suite on this machine, whether it runs or not.
	home  string
	conns map[string]*grpc.ClientConn // by service
}

// connect settles addresses and key; role is the suite's key to use: admin, ingest or operator. It does not call anybody yet.
func (f *connectFlags) connect(role string) (*connection, error) {
	home := f.dataDir
	if home == "" {
		here, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		if home, err = stack.FindDataDir(here); err != nil {
			return nil, err
		}
	}
	state, stateErr := stack.ReadState(home)
	c := &connection{key: f.key, addresses: map[string]string{}, home: home, conns: map[string]*grpc.ClientConn{}}
	named, unnamed := 0, ""
	for service, flag := range f.addresses {
		c.addresses[service] = firstOf(*flag, state.Endpoints[service], defaultAddresses[service])
		if *flag != "" {
			named++
		} else {
			unnamed = service
		}
	}
	if named > 0 && named < len(f.addresses) {
		// Half of the calls would go to the suite here, with a key that is meant for elsewhere.
		return nil, fmt.Errorf("an address is given, but not that of the %s service: give all or none", unnamed)
	}
	if c.key == "" {
		c.key = os.Getenv("DEVTRAIL_KEY")
	}
	if c.key == "" && named > 0 {
		// The key of the suite here must not go to a server elsewhere.
		return nil, errors.New("an address needs a key: give --key or set DEVTRAIL_KEY")
	}
	if c.key == "" {
		c.key = state.Keys[role]
	}
	if c.key == "" {
		if stateErr != nil {
			return nil, fmt.Errorf("no key: give --key or set DEVTRAIL_KEY, or start the suite: %w", stateErr)
		}
		return nil, fmt.Errorf("the suite in %s has no %s key: give --key or set DEVTRAIL_KEY", home, role)
	}
	return c, nil
}

// to is the connection to a service, one for all that the command asks of it. Close ends it.
func (c *connection) to(service string) (*grpc.ClientConn, error) {
	if conn, made := c.conns[service]; made {
		return conn, nil
	}
	conn, err := dial.New(c.addresses[service], dial.Options{Token: c.key, UserAgent: "devtrail"})
	if err != nil {
		return nil, err
	}
	c.conns[service] = conn
	return conn, nil
}

// Close ends all connections.
func (c *connection) Close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// stateDir is the folder for what the command itself remembers: in the suite's folder if there is one, else in the user's.
func (c *connection) stateDir() (string, error) {
	if info, err := os.Stat(c.home); err == nil && info.IsDir() {
		return c.home, nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "devtrail"), nil
	}
	dir, err := os.UserHomeDir()
	return filepath.Join(dir, ".local", "state", "devtrail"), err
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
