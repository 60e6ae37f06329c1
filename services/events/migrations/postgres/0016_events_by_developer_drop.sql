-- devtrail: no-transaction
-- events_of_developer has what it had.
DROP INDEX CONCURRENTLY IF EXISTS events_by_developer;
