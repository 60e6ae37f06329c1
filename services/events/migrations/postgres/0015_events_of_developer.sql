-- devtrail: no-transaction
-- The timeline of a developer with all that the basic view shows: a page is read from neighbouring leaves and not from a row here and there.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_of_developer ON events (organization_id, developer_id, occurred_at DESC) INCLUDE (id, name, project);
