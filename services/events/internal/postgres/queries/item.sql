SELECT
    kind,
    id,
    name,
    description,
    body,
    uses,
    revision,
    created_at,
    updated_at
FROM catalog_items
WHERE organization_id = @organization
    AND kind = @kind
    AND id = @id
    AND NOT gone
