SELECT count()
FROM (
    SELECT 1
    FROM identity_overrides
    WHERE organization_id = {of:UUID}
        AND sequence > 0
    LIMIT 1
)
