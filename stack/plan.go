package stack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"devtrail.dev/kit/serve"
	"devtrail.dev/stack/supervisor"
)

// plan is everything that is decided before the first process starts.
type plan struct {
	cfg        Config
	clickhouse *database
	exe        string
	home       *home
	http       map[string]address // HTTP door by service; none where it is off
	keys       keys
	listen     map[string]address // gRPC door by service
	debug      map[string]address // debug port by service
	postgres   *database
}

func newPlan(ctx context.Context, cfg Config, home *home, keys keys) (*plan, error) {
	p := &plan{cfg: cfg, home: home, keys: keys, listen: map[string]address{}, debug: map[string]address{}, http: map[string]address{}}
	var err error
	if p.exe, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find our own executable: %w", err)
	}
	if p.postgres, err = newDatabase(processPostgres, envPostgresURL, cfg); err != nil {
		return nil, err
	}
	p.postgres.start = startPostgres(cfg, home)
	if p.clickhouse, err = newDatabase(processClickHouse, envClickHouseURL, cfg); err != nil {
		return nil, err
	}
	p.clickhouse.start = startClickHouse(cfg, home)
	p.clickhouse.absent = cfg.EventsStore == StorePostgres
	return p, p.takeAddresses(ctx)
}

// off is the address of an HTTP door or a debug port that is not to be opened.
const off = "off"

// takeAddresses decides where each service listens and sees that the ports are
// free.
func (p *plan) takeAddresses(ctx context.Context) error {
	var wanted []address
	for _, s := range services {
		for _, a := range []struct {
			into             map[string]address
			setting, usually string
			optional         bool
		}{{p.listen, s.addressSetting(), s.address, false}, {p.debug, s.debugSetting(), s.debug, true}, {p.http, s.httpSetting(), s.http, true}} {
			if a.usually == "" || a.optional && p.cfg.getenv(a.setting) == off {
				continue
			}
			taken, err := newAddress(a.setting, p.cfg.getenv(a.setting), a.usually, p.cfg.FreePorts)
			if err != nil {
				return err
			}
			// Each of two would find the port free, and a service whose neighbour answers in its place looks ready.
			if i := slices.IndexFunc(wanted, func(other address) bool { return other.dial() == taken.dial() }); i >= 0 {
				return fmt.Errorf("%s and %s are both %s: set one of them to another address", wanted[i].setting, a.setting, taken.dial())
			}
			a.into[s.name] = taken
			wanted = append(wanted, taken)
		}
	}
	return awaitFree(ctx, wanted, p.home)
}

// table is what the supervisor runs: the engines that are ours and all
// services.
func (p *plan) table() []supervisor.Process {
	var table []supervisor.Process
	ours := map[string]bool{}
	for _, d := range []*database{p.postgres, p.clickhouse} {
		if d.embedded() {
			ours[d.name] = true
			table = append(table, d.process())
		}
	}
	for _, s := range services {
		ours[s.name] = true
		table = append(table, supervisor.Process{
			Name: s.name,
			Deps: slices.DeleteFunc(slices.Clone(s.deps), func(dep string) bool { return !ours[dep] }),
			Start: func(context.Context) (supervisor.Running, error) {
				return supervisor.StartChild(supervisor.Command{
					Path: p.exe, Args: []string{"devtrail-" + s.name}, Env: p.environ(s),
					LogFile: p.home.path(logsDir, s.name+".log"),
				})
			},
			Ready: func(ctx context.Context) error { return serve.Probe(ctx, p.endpoint(s.name)) },
		})
	}
	return table
}

// environ is the whole environment of a service's process: ours, so that
// LOG_LEVEL and OTEL_* pass through, and the settings that the stack decides.
// Secrets travel here because others cannot read it.
func (p *plan) environ(s service) []string {
	set := s.env(p)
	set[envProcess] = s.name
	set["DEVTRAIL_OPERATOR_KEY"] = p.keys.Operator
	set["DEVTRAIL_SERVICE_KEY"] = p.keys.Service
	set[s.addressSetting()] = p.listen[s.name].listen()
	if debug, ok := p.debug[s.name]; ok { // a service that is told nothing takes its usual address: off stays what it is
		set[s.debugSetting()] = debug.listen()
	}
	if http, ok := p.http[s.name]; ok {
		set[s.httpSetting()] = http.listen()
	}
	env := slices.DeleteFunc(slices.Clone(p.cfg.Environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		_, decided := set[strings.TrimSuffix(name, "_FILE")]
		return decided
	})
	for _, name := range slices.Sorted(maps.Keys(set)) {
		env = append(env, name+"="+set[name])
	}
	return env
}

// endpoint is where clients on this machine reach a service.
func (p *plan) endpoint(name string) string { return p.listen[name].dial() }

func (p *plan) endpoints() map[string]string {
	endpoints := map[string]string{}
	for _, s := range services {
		endpoints[s.name] = p.endpoint(s.name)
	}
	return endpoints
}

// httpEndpoints are the addresses of the HTTP doors, as clients on this machine write them.
func (p *plan) httpEndpoints() map[string]string {
	endpoints := map[string]string{}
	for name, address := range p.http {
		endpoints[name] = "http://" + address.dial()
	}
	return endpoints
}
