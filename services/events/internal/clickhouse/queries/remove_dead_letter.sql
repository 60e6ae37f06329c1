{{/* A row that is newer than the newest takes its place. */}}
INSERT INTO dead_letters (organization_id, id, name, received_at, failed_at, reason, message, payload, gone, revision)
SELECT
    organization_id,
    id,
    '',
    received_at,
    failed_at,
    '',
    '',
    '',
    1,
    revision + 1
FROM dead_letters FINAL
WHERE organization_id = {organization:UUID}
    AND id = {id:UUID}
    AND gone = 0
