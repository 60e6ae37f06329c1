-- The blocks of the log that are stored, each written in the transaction of its events, so that a block that is sent again is known and is answered as it was
-- the first time. Numbers ascend with time; old ones are removed, since a block is sent again soon or never.
CREATE TABLE stored_blocks (
    number bigint PRIMARY KEY,
    known integer[] NOT NULL
);

COMMENT ON COLUMN stored_blocks.known IS 'which of its events, counted from 0, were there already and were left out';
