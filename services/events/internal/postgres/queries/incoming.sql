{{/* Each connection has one; it is empty again after every transaction. */}}
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE events) ON COMMIT DELETE ROWS
