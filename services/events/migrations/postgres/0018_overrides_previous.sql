-- Whom the events of the identity may be stamped with, so that those of one developer are found by an index; empty where that is not known.
ALTER TABLE identity_overrides
    ADD COLUMN previous uuid[] NOT NULL DEFAULT '{}';
