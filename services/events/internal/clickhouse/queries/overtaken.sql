{{/* Identities with reassignments that landed when a newer one was folded, and the number of that. Another instance may look what is known of an identity, and write
     what it was told when a fold has ended meanwhile. */}}
SELECT
    organization_id,
    actor_kind,
    actor_value,
    sipHash64(actor_kind, actor_value) AS actor_key,
    argMaxIf(developer_id, sequence, NOT pending) AS folded_id,
    maxIf(sequence, NOT pending) AS folded
FROM (
    {{- template "reassigned" .}}
)
GROUP BY organization_id, actor_kind, actor_value
HAVING folded > 0
    AND minIf(sequence, pending AND sequence > 0) <= folded
LIMIT {limit:UInt32}
