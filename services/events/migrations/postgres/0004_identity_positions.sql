-- How far the changes of identities are applied: one row per installation.
CREATE TABLE identity_positions (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    sequence bigint NOT NULL CHECK (sequence >= 0)
);
