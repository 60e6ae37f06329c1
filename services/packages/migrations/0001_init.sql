-- What an organization knows of packages and their versions. Each key begins with organization_id, so that a query without it finds no index.

CREATE TABLE packages (
    organization_id uuid NOT NULL,
    package_id uuid NOT NULL,
    -- Canonical purl without version, qualifiers and subpath. Bytes decide equality and order, whatever the database's locale.
    purl text COLLATE "C" NOT NULL,
    type text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, package_id),
    CONSTRAINT packages_purl_key UNIQUE (organization_id, purl),
    CONSTRAINT packages_purl_check CHECK (purl LIKE 'pkg:%'),
    CONSTRAINT packages_type_check CHECK (type <> ''),
    CONSTRAINT packages_name_check CHECK (name <> '')
);

-- Append-only: a malicious version is marked, never removed. A paging token holds a version, and relies on it to stay.
CREATE TABLE versions (
    organization_id uuid NOT NULL,
    package_id uuid NOT NULL,
    version text COLLATE "C" NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, package_id, version),
    CONSTRAINT versions_package_fkey FOREIGN KEY (organization_id, package_id) REFERENCES packages (organization_id, package_id),
    CONSTRAINT versions_version_check CHECK (version <> '')
);
