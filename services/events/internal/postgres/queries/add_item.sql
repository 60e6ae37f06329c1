INSERT INTO catalog_items (organization_id, kind, id, name, description, body, uses, revision, gone, created_at, updated_at)
VALUES (@organization, @kind, @id, @name, @description, @body, @uses, @revision, @gone, @created_at, @updated_at)
ON CONFLICT (organization_id, kind, id) DO NOTHING
