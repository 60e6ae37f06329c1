-- One row per package version of an event, written in the transaction of the event.
-- leading_row is set on the first of an event's rows of one package: counting those counts events when no version is asked for.
CREATE TABLE event_packages (
    organization_id uuid NOT NULL,
    package text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    leading_row boolean NOT NULL,
    event_id uuid NOT NULL,
    developer_id uuid NOT NULL,
    actor_kind smallint NOT NULL,
    actor_value text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    source_kind smallint NOT NULL,
    tool text COLLATE "C" NOT NULL,
    machine text COLLATE "C" NOT NULL,
    project text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, package, version, event_id)
);

COMMENT ON COLUMN event_packages.package IS 'purl without version, qualifiers and subpath';
COMMENT ON COLUMN event_packages.version IS 'empty when the event names none';

-- Exposure within a time.
CREATE INDEX event_packages_by_time ON event_packages (organization_id, package, occurred_at);
