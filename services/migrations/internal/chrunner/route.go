package chrunner

import (
	"context"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// route is on how many hosts a statement runs.
type route uint8

const (
	// everywhere is for what each host has of its own: definitions, unreplicated tables.
	everywhere route = iota
	// onePerShard is for what the replicas of a shard pass on to each other.
	onePerShard
	// anywhere is for what one host passes on to all.
	anywhere
)

// routeOf says where a statement runs. Engine is that of the table it speaks of; path is the table's place in Keeper, with its macros.
func routeOf(s statement, engine, path string) route {
	if s.cluster {
		return anywhere // the server itself passes ON CLUSTER on
	}
	replicated := strings.HasPrefix(engine, "Replicated") || strings.HasPrefix(engine, "Shared")
	if !replicated {
		return everywhere
	}
	switch s.verb {
	case "ALTER", "DELETE", "UPDATE", "INSERT", "OPTIMIZE", "TRUNCATE":
	default:
		return everywhere // CREATE, DROP, RENAME and the like concern the host's own copy
	}
	if strings.HasPrefix(engine, "Shared") || path != "" && !strings.Contains(path, "{shard}") {
		return anywhere
	}
	return onePerShard
}

// pick returns the hosts of a route: the first of each shard, or the first of all.
func pick(hosts []*host, to route) []*host {
	switch to {
	case anywhere:
		return hosts[:1]
	case onePerShard:
		var first []*host
		seen := map[uint32]bool{}
		for _, h := range hosts {
			if !seen[h.shard] {
				seen[h.shard] = true
				first = append(first, h)
			}
		}
		return first
	}
	return hosts
}

// route returns the hosts on which a statement runs.
func (r *run) route(ctx context.Context, s statement) ([]*host, error) {
	if len(r.hosts) == 1 {
		return r.hosts, nil
	}
	h := r.hosts[0]
	var engine, full string
	if o := s.object(); o.name != "" {
		err := each(ctx, h.server, "SELECT engine, engine_full FROM system.tables WHERE database = {database:String} AND name = {name:String}", func(scan func(...any) error) error {
			return scan(&engine, &full)
		}, clickhouse.Named("database", o.in(h)), clickhouse.Named("name", o.name))
		if err != nil {
			return nil, h.away(err)
		}
	}
	return pick(r.hosts, routeOf(s, engine, keeperPath(full))), nil
}

// keeperPath is the first argument of a replicated engine, empty when it has none.
func keeperPath(engineFull string) string {
	c := &cursor{tokens: tokenize(engineFull)}
	c.name()
	arguments := cut(c.group())
	if len(arguments) == 0 || len(arguments[0]) != 1 || !arguments[0][0].isString() {
		return ""
	}
	return arguments[0][0].text
}
