// Package drift holds a live schema against what its applied files make: the files are replayed on a scratch database, and the two catalogs compared.
// The service asks at start, operators on demand.
package drift

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/catalog"
)

// Deps says where the servers are.
type Deps struct {
	// Cluster is the name of a cluster in system.clusters whose hosts are all held against the files; empty: ClickHouse is one server.
	Cluster string
	// ClickHouseURL is the address of a server and a user who may create databases; empty when no target needs it.
	ClickHouseURL string
	// PostgresURL is the same of Postgres.
	PostgresURL string
}

// Checker compares. It is safe for concurrent use.
type Checker struct {
	deps Deps

	mu sync.Mutex
	// expected has, by target, what the files made when they were last replayed.
	expected map[string]replayed
}

type replayed struct {
	key     string
	catalog catalog.Catalog
}

// engine is what the two kinds of databases do each in their own way.
type engine interface {
	// replay runs the files of a database on a scratch database and reads its catalog.
	replay(ctx context.Context, database string, files []schema.File) (catalog.Catalog, error)
	// live reads the database on each of its hosts, of which there is one at least. It makes nothing.
	live(ctx context.Context, database string) ([]live, error)
}

// live is a database as one host has it, with the host's time and version.
type live struct {
	catalog catalog.Catalog
	at      time.Time
	version string
	// host is empty where there is only one.
	host string
}

// New makes a Checker. It connects to nothing.
func New(deps Deps) *Checker {
	return &Checker{deps: deps, expected: map[string]replayed{}}
}

// Check compares the live schema of the target with what its applied files make. The files are replayed once for each set of files and each version
// of the server; after that a check costs one read. An error of the replay names the file.
func (c *Checker) Check(ctx context.Context, t migrations.Target, applied []schema.File) (migrations.Drift, error) {
	e := c.engine(t.Engine)
	hosts, err := e.live(ctx, t.Database)
	if err != nil {
		return migrations.Drift{}, fmt.Errorf("read the live schema of %s: %w", t.Name, err)
	}
	expected, err := c.expect(ctx, e, t, hosts[0].version, applied)
	if err != nil {
		return migrations.Drift{}, fmt.Errorf("learn what the files of %s make: %w", t.Name, err)
	}
	found := migrations.Drift{Fingerprint: fingerprint(hosts), CheckedAt: hosts[0].at}
	for _, h := range hosts {
		for _, d := range catalog.Compare(expected, h.catalog) {
			d.Host = h.host
			found.Differences = append(found.Differences, d)
		}
	}
	return found, nil
}

// SchemaIs returns what keeps the live schema of the target from being what the files make; nothing when it is that.
func (c *Checker) SchemaIs(ctx context.Context, t migrations.Target, files []schema.File) ([]migrations.Difference, error) {
	found, err := c.Check(ctx, t, files)
	return found.Differences, err
}

// fingerprint is that of the schema where all hosts have the same one.
func fingerprint(hosts []live) string {
	first := hosts[0].catalog.Fingerprint()
	h := sha256.New()
	alike := true
	for _, one := range hosts {
		f := one.catalog.Fingerprint()
		alike = alike && f == first
		fmt.Fprintf(h, "%q %s\n", one.host, f)
	}
	if alike {
		return first
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *Checker) engine(e migrations.Engine) engine {
	if e == migrations.ClickHouse {
		return clickHouse{url: c.deps.ClickHouseURL, cluster: c.deps.Cluster}
	}
	return postgres{c.deps.PostgresURL}
}

func (c *Checker) expect(ctx context.Context, e engine, t migrations.Target, version string, files []schema.File) (catalog.Catalog, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", version, t.Database)
	for _, f := range files {
		fmt.Fprintf(h, "%d %s\n", f.Version, f.Checksum)
	}
	key := hex.EncodeToString(h.Sum(nil))
	c.mu.Lock()
	known, ok := c.expected[t.Name]
	c.mu.Unlock()
	if ok && known.key == key {
		return known.catalog, nil
	}
	// Two checks at once may both replay: that is work done twice, and nobody waits for a stranger's context.
	made, err := e.replay(ctx, t.Database, files)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.expected[t.Name] = replayed{key: key, catalog: made}
	c.mu.Unlock()
	return made, nil
}
