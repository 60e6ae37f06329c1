-- What the SQL of a build uses of a database. The instances of a build share a row, so that a heartbeat writes one short row for each
-- database and not one for each column; and the row stays when they are gone, so that it is known when an object was last used.
CREATE TABLE usages (
    database_name text NOT NULL CHECK (database_name <> ''),
    digest bytea NOT NULL,
    objects text[] NOT NULL,
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (database_name, digest)
);

-- An instance is a running process of a service with its lease. All times are of this database.
CREATE TABLE instances (
    id text PRIMARY KEY CHECK (id <> ''),
    service text NOT NULL CHECK (service <> ''),
    build text NOT NULL,
    application_name text NOT NULL CHECK (application_name <> ''),
    parked boolean NOT NULL,
    expected_interval interval NOT NULL CHECK (expected_interval >= '0'),
    registered_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL CHECK (seen_at >= registered_at),
    released_at timestamptz
);

CREATE TABLE instance_needs (
    instance_id text NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    database_name text NOT NULL,
    min_version bigint NOT NULL CHECK (min_version >= 0),
    max_version_exclusive bigint NOT NULL CHECK (max_version_exclusive >= 0),
    digest bytea NOT NULL,
    PRIMARY KEY (instance_id, database_name),
    FOREIGN KEY (database_name, digest) REFERENCES usages (database_name, digest)
);

CREATE INDEX instance_needs_by_usage ON instance_needs (database_name, digest);

-- A gate is what is known of a contract file that waits: since when it is looked at, and what the database's own records said last.
CREATE TABLE gates (
    database_name text NOT NULL CHECK (database_name <> ''),
    file text NOT NULL CHECK (file <> ''),
    objects text[] NOT NULL,
    -- The soak counts from here when nothing was used later.
    looked_at timestamptz NOT NULL,
    -- When the records last showed a use, or did not cover the time before; used_by says which, for people.
    used_at timestamptz,
    used_by text NOT NULL DEFAULT '',
    -- The counters of the records at the last look; null before the first.
    sample jsonb,
    PRIMARY KEY (database_name, file)
);

-- Since when leases are kept without a gap: what lived and ended in a gap was never seen.
CREATE TABLE watches (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL CHECK (seen_at >= since)
);
