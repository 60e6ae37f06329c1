{{/* The newest revisions of letters that were ever kept, those that were removed among them. */ -}}
SELECT
    id,
    max(revision) AS newest
FROM dead_letters
WHERE organization_id = {of:UUID}
    AND id IN {ids:Array(UUID)}
GROUP BY id
