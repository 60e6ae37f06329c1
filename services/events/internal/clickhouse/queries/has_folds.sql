SELECT count()
FROM (
    SELECT 1
    FROM identity_folds
    WHERE organization_id = {organization:UUID}
    LIMIT 1
)
