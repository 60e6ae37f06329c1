-- One row per event. Rows are never changed; identity_overrides holds what became known later.
-- Text is compared by bytes (COLLATE "C"), so that both engines order alike. properties is text, not jsonb: the canonical form comes back byte by byte.
-- To partition by occurred_at later, the key (organization_id, id) moves to a table of its own, since a unique index must hold the partition column.
CREATE TABLE events (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    actor_kind smallint NOT NULL,
    actor_value text COLLATE "C" NOT NULL,
    developer_id uuid NOT NULL,
    source_kind smallint NOT NULL,
    tool text COLLATE "C" NOT NULL,
    tool_version text COLLATE "C" NOT NULL,
    machine text COLLATE "C" NOT NULL,
    project text COLLATE "C" NOT NULL,
    packages text[] COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    properties text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, id)
);

COMMENT ON COLUMN events.developer_id IS 'as known at ingest; the zero UUID is nobody';
COMMENT ON COLUMN events.properties IS 'canonical JSON object';

-- The order of ListEvents.
CREATE INDEX events_by_time ON events (organization_id, occurred_at DESC, id DESC);

-- Trends of one event, answered from the index alone while no identity is overridden.
CREATE INDEX events_by_name ON events (organization_id, name, occurred_at) INCLUDE (developer_id);

-- The timeline of a developer.
CREATE INDEX events_by_developer ON events (organization_id, developer_id, occurred_at DESC);

-- The events of an identity whose developer was overridden.
CREATE INDEX events_by_actor ON events (organization_id, actor_kind, actor_value, occurred_at DESC);
