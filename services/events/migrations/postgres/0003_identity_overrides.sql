-- Identities whose developer changed after events were stamped with another; queries join it.
-- Sequence 0 notes an identity whose events were stamped as nobody's and overrides nothing.
CREATE TABLE identity_overrides (
    organization_id uuid NOT NULL,
    actor_kind smallint NOT NULL,
    actor_value text COLLATE "C" NOT NULL,
    developer_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    PRIMARY KEY (organization_id, actor_kind, actor_value)
);
