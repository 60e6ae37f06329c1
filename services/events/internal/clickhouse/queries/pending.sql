{{/* Of one organization, the oldest first. A reassignment that is not newer than what is folded of its identity came late, and is none; see overtaken.sql. */}}
SELECT
    organization_id,
    actor_kind,
    actor_value,
    sipHash64(actor_kind, actor_value) AS actor_key,
    argMax(developer_id, sequence) AS reassigned_id,
    max(sequence) AS latest
FROM (
    {{- template "reassigned" .}}
)
GROUP BY organization_id, actor_kind, actor_value
HAVING maxIf(sequence, pending) > maxIf(sequence, NOT pending)
ORDER BY latest
LIMIT {limit:UInt32}

{{/* What is pending of the first organization that has something pending, and what is folded of the same identities. */}}
{{define "reassigned"}}
    SELECT
        organization_id,
        actor_kind,
        actor_value,
        developer_id,
        sequence,
        true AS pending
    FROM identity_overrides
    WHERE organization_id = (
        SELECT min(organization_id)
        FROM identity_overrides
        WHERE sequence > 0
    )
    UNION ALL
    SELECT
        organization_id,
        actor_kind,
        actor_value,
        developer_id,
        sequence,
        false AS pending
    FROM identity_folds
    WHERE (organization_id, actor_kind, actor_value) IN (
        SELECT
            organization_id,
            actor_kind,
            actor_value
        FROM identity_overrides
        WHERE sequence > 0
            AND organization_id = (
                SELECT min(organization_id)
                FROM identity_overrides
                WHERE sequence > 0
            )
    )
{{- end}}
