UPDATE events
SET developer_id = @developer
WHERE organization_id = @organization
    AND id = ANY (@ids)
    AND developer_id <> @developer
