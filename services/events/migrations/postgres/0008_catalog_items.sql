-- The small things that the catalog keeps: what people saved, notes on definitions, the states of developers' properties, members of cohorts.
-- revision counts the changes of an item; a writer names the one it makes, so that of two only one wins. An item that was deleted stays, gone,
-- so that its id is never used again. There are few of those that are listed by name, so they are sorted when they are asked for.
CREATE TABLE catalog_items (
    organization_id uuid NOT NULL,
    kind bigint NOT NULL,
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    uses uuid[] NOT NULL,
    revision bigint NOT NULL CHECK (revision > 0),
    gone boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, kind, id)
);

COMMENT ON COLUMN catalog_items.uses IS 'ids of the items that this one cannot do without';
