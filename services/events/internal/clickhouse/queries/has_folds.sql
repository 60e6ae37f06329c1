SELECT count()
FROM (
    SELECT 1
    FROM identity_folds
    WHERE organization_id = {of:UUID}
    LIMIT 1
)
