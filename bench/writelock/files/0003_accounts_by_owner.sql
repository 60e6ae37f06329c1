-- devtrail: no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS accounts_by_owner ON accounts (owner_id);
