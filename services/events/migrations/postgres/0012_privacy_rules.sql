-- What organizations do not want to be kept of their events, and the keys of the hashes that stand in its place.
CREATE TABLE privacy_rules (
    organization_id uuid PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision > 0),
    rules text COLLATE "C" NOT NULL,
    hash_key bytea NOT NULL
);

COMMENT ON COLUMN privacy_rules.rules IS 'a JSON list';
