-- devtrail: no-transaction
-- The overrides that queries join, which is few rows however many are folded.
CREATE INDEX CONCURRENTLY IF NOT EXISTS identity_overrides_pending ON identity_overrides (organization_id, actor_kind, actor_value) WHERE sequence > 0 AND NOT folded;
