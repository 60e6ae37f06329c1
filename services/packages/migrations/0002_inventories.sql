-- What the lock files and manifests of an organization's projects state.

CREATE TABLE projects (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- The canonical repository: github.com/owner/name.
    name text COLLATE "C" NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, project_id),
    CONSTRAINT projects_name_key UNIQUE (organization_id, name),
    CONSTRAINT projects_name_check CHECK (name <> '')
);

-- The files of a project that have been imported. Their id is made from the project and the path, which is too long for the keys below.
CREATE TABLE manifests (
    organization_id uuid NOT NULL,
    manifest_id uuid NOT NULL,
    project_id uuid NOT NULL,
    path text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, manifest_id),
    CONSTRAINT manifests_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, project_id),
    CONSTRAINT manifests_path_check CHECK (path <> '')
);

CREATE INDEX manifests_project_idx ON manifests (organization_id, project_id);

-- One row for each state of a file that was imported. The row with the highest number is the present state.
CREATE TABLE inventories (
    organization_id uuid NOT NULL,
    manifest_id uuid NOT NULL,
    -- Counts the imports of this file from 1, in the order they were made, which need not be the order of the revisions.
    number bigint NOT NULL,
    revision text COLLATE "C" NOT NULL,
    format text NOT NULL,
    content_sha256 bytea NOT NULL,
    skipped_count integer NOT NULL,
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, manifest_id, number),
    CONSTRAINT inventories_content_key UNIQUE (organization_id, manifest_id, revision, content_sha256),
    CONSTRAINT inventories_manifest_fkey FOREIGN KEY (organization_id, manifest_id) REFERENCES manifests (organization_id, manifest_id),
    CONSTRAINT inventories_number_check CHECK (number > 0),
    CONSTRAINT inventories_revision_check CHECK (revision <> ''),
    CONSTRAINT inventories_content_sha256_check CHECK (octet_length(content_sha256) = 32)
);

-- What a file states, kept as spans of inventory numbers: an import writes only what changed since the one before, and every earlier state can still
-- be read (since_number <= n AND (until_number IS NULL OR until_number > n)).
CREATE TABLE inventory_entries (
    organization_id uuid NOT NULL,
    manifest_id uuid NOT NULL,
    package_id uuid NOT NULL,
    -- Empty when the file names the package without a version: a range, an archive at some address.
    version text COLLATE "C" NOT NULL,
    -- The first inventory that has the entry.
    since_number bigint NOT NULL,
    -- The first later inventory that lacks it; NULL while the present state has it.
    until_number bigint,
    PRIMARY KEY (organization_id, manifest_id, package_id, version, since_number),
    CONSTRAINT inventory_entries_inventory_fkey FOREIGN KEY (organization_id, manifest_id, since_number)
        REFERENCES inventories (organization_id, manifest_id, number),
    CONSTRAINT inventory_entries_package_fkey FOREIGN KEY (organization_id, package_id) REFERENCES packages (organization_id, package_id),
    CONSTRAINT inventory_entries_until_check CHECK (until_number > since_number)
);

-- Answers which files have a package now, without a look at the table.
CREATE INDEX inventory_entries_present_idx
    ON inventory_entries (organization_id, package_id, manifest_id)
    WHERE until_number IS NULL;
