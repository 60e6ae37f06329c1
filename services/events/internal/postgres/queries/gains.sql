{{/* The identities that pending overrides give to some developers. */}}
SELECT
    COALESCE(array_agg(DISTINCT actor_kind), '{}'),
    COALESCE(array_agg(DISTINCT actor_value), '{}')
FROM identity_overrides
WHERE organization_id = @organization
    AND developer_id = ANY (@developers)
    AND sequence > 0
    AND NOT folded
