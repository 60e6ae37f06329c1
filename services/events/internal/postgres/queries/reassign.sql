{{/* The higher sequence wins, whatever comes first. A birth counts only where the identity was noted before. Whom events may be stamped with is kept of all that
     came since the last fold, also of one that comes late; it is not known once one of them does not say it. */}}
INSERT INTO identity_overrides AS known (organization_id, actor_kind, actor_value, developer_id, sequence, previous, previous_sequence)
SELECT
    @organization::uuid,
    @kind::smallint,
    @value::text,
    @developer::uuid,
    @sequence::bigint,
    array_remove(ARRAY[@previous::uuid], NULL),
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
SET developer_id = CASE WHEN EXCLUDED.sequence > known.sequence THEN EXCLUDED.developer_id ELSE known.developer_id END,
    sequence = greatest(EXCLUDED.sequence, known.sequence),
    folded = false,
    previous = CASE
        WHEN EXCLUDED.previous = '{}' THEN '{}'
        WHEN known.folded OR known.sequence = 0 THEN known.developer_id || EXCLUDED.previous
        WHEN known.previous = '{}' OR known.previous_sequence <> known.sequence THEN '{}'
        WHEN EXCLUDED.sequence > known.sequence THEN known.previous || known.developer_id || EXCLUDED.previous
        ELSE known.previous || EXCLUDED.developer_id || EXCLUDED.previous
    END,
    previous_sequence = greatest(EXCLUDED.sequence, known.sequence)
WHERE EXCLUDED.sequence > known.sequence
    OR (
        EXCLUDED.sequence > 0
        AND EXCLUDED.sequence < known.sequence
        AND NOT known.folded
        AND known.previous <> '{}'
        AND NOT (EXCLUDED.previous <> '{}' AND EXCLUDED.developer_id || EXCLUDED.previous <@ (known.developer_id || known.previous))
    )
