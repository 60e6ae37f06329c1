-- It must not share a transaction with the file before, whose lock keeps writes out.
-- devtrail: no-transaction
ALTER TABLE accounts VALIDATE CONSTRAINT accounts_owner;
