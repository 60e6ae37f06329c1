{{/* Brings values into a slot, of the next events that lack theirs. In the order of ids, so that two that do so wait for each other and never in a circle. */}}
WITH batch AS (
    SELECT b.id
    FROM events AS b
    WHERE b.organization_id = @organization
        AND b.id > @after::uuid
        AND NOT COALESCE(starts_with(b.{{.Column}}, {{.Mark}}::text), false)
    ORDER BY b.id
    LIMIT @limit::bigint
    FOR NO KEY UPDATE
),
done AS (
    UPDATE events AS e
    SET {{.Column}} = {{template "slot_value" .}}
    FROM batch
    WHERE e.organization_id = @organization
        AND e.id = batch.id
    RETURNING e.id
)
SELECT id
FROM done
ORDER BY id DESC
LIMIT 1
