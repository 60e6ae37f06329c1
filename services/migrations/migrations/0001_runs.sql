-- A run is one attempt of one instance to bring one database to the newest file of its build.
-- It is written outside the database's own transaction, so that a run that failed or was killed leaves a trace.
CREATE TABLE runs (
    id uuid PRIMARY KEY,
    database_name text NOT NULL CHECK (database_name <> ''),
    build text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz CHECK (finished_at >= started_at),
    from_version bigint NOT NULL CHECK (from_version >= 0),
    to_version bigint NOT NULL CHECK (to_version >= from_version),
    outcome text NOT NULL CHECK (outcome IN ('running', 'applied', 'failed', 'abandoned')),
    message text NOT NULL DEFAULT '',
    CHECK ((outcome = 'running') = (finished_at IS NULL))
);

CREATE INDEX runs_by_database ON runs (database_name, started_at DESC);
