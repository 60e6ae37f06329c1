-- devtrail: no-transaction
-- The pending overrides that give identities to a developer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS identity_overrides_gained ON identity_overrides (organization_id, developer_id) WHERE sequence > 0 AND NOT folded;
