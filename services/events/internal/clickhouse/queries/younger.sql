SELECT 1
FROM events
WHERE block_id > {block:UInt64}
LIMIT 1
