SELECT max(occurred_at)
FROM events
WHERE @after::bigint = 0
    OR EXISTS (
        SELECT
        FROM stored_blocks
        WHERE number > @after::bigint
    )
