WITH batch AS (
    SELECT b.id
    FROM events AS b
    WHERE b.organization_id = @organization
        AND b.id > @after::uuid
        AND b.{{.Column}} IS NOT NULL
    ORDER BY b.id
    LIMIT @limit::bigint
    FOR NO KEY UPDATE
),
done AS (
    UPDATE events AS e
    SET {{.Column}} = NULL
    FROM batch
    WHERE e.organization_id = @organization
        AND e.id = batch.id
    RETURNING e.id
)
SELECT id
FROM done
ORDER BY id DESC
LIMIT 1
