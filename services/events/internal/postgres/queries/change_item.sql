UPDATE catalog_items
SET
    name = @name,
    description = @description,
    body = @body,
    uses = @uses,
    revision = @revision,
    gone = @gone,
    updated_at = @updated_at
WHERE organization_id = @organization
    AND kind = @kind
    AND id = @id
    AND revision = @revision - 1
    AND NOT gone
