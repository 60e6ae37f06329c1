SELECT DISTINCT organization_id
FROM catalog_items
WHERE kind = {kind:UInt8}
ORDER BY organization_id
