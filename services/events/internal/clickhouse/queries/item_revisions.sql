{{/* The rows of an item that are not merged yet, the newest revision first, also of one that is gone. */}}
SELECT
    revision,
    gone,
    created_at,
    write_id
FROM catalog_items
WHERE organization_id = {organization:UUID}
    AND kind = {kind:UInt8}
    AND id = {id:UUID}
ORDER BY revision DESC
