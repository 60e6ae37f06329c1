-- Whom the events of the identity may be stamped with, so that those of one developer are found by an index; empty where that is not known. It belongs to one
-- sequence: where another is in the row, a service that does not know the column has written it since.
ALTER TABLE identity_overrides
    ADD COLUMN previous uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN previous_sequence bigint NOT NULL DEFAULT 0;
