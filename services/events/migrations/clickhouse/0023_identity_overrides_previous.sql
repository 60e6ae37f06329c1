-- Whom the events of the identity may be stamped with, so that those of one developer are found by the key; empty where that is not known. Each row has all
-- of the pending reassignments before it, since a merge keeps only the newest row.
ALTER TABLE identity_overrides ADD COLUMN IF NOT EXISTS previous Array(UUID)
