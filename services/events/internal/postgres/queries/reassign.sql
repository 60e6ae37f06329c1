{{/* The higher sequence wins, whatever comes first. A birth counts only where the identity was noted before. */}}
INSERT INTO identity_overrides AS known (organization_id, actor_kind, actor_value, developer_id, sequence)
SELECT
    @organization::uuid,
    @kind::smallint,
    @value::text,
    @developer::uuid,
    @sequence::bigint
WHERE NOT @birth::boolean
    OR EXISTS (
        SELECT 1
        FROM identity_overrides
        WHERE organization_id = @organization
            AND actor_kind = @kind
            AND actor_value = @value
    )
ON CONFLICT (organization_id, actor_kind, actor_value) DO UPDATE
SET developer_id = EXCLUDED.developer_id,
    sequence = EXCLUDED.sequence,
    folded = false
WHERE EXCLUDED.sequence > known.sequence
