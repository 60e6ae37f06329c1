package runner

import "context"

// version is the major version of the server, for lint.
func (p *postgres) version(ctx context.Context) (string, error) {
	var version string
	err := p.pool.QueryRow(ctx, "SELECT (current_setting('server_version_num')::int / 10000)::text").Scan(&version)
	return version, away(err)
}

// version is the year and month of the server, for lint.
func (c *clickHouse) version(ctx context.Context) (string, error) { return c.engine.Version(ctx) }
