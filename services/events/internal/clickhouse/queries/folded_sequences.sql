{{/* What is folded of the identities of an organization that have something pending. */ -}}
SELECT
    actor_kind,
    actor_value,
    max(sequence) AS folded
FROM identity_folds
WHERE organization_id = {organization:UUID}
    AND (actor_kind, actor_value) IN (
        SELECT
            actor_kind,
            actor_value
        FROM identity_overrides
        WHERE organization_id = {organization:UUID}
            AND sequence > 0
    )
GROUP BY actor_kind, actor_value
