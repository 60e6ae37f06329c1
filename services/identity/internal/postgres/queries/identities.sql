-- name: ResolveIdentities :many
-- The developer of each identity that has one, by its position in the arrays.
SELECT
  wanted.position::integer AS position,
  identity_links.developer_id
FROM (
  SELECT
    unnest(@kinds::smallint[]) AS kind,
    unnest(@values_::text[]) AS value,
    generate_subscripts(@kinds::smallint[], 1) AS position
) AS wanted
JOIN identities
  ON identities.organization_id = @organization_id
  AND identities.kind = wanted.kind
  AND identities.value = wanted.value
JOIN identity_links
  ON identity_links.organization_id = @organization_id
  AND identity_links.identity_id = identities.id
  AND identity_links.valid_to IS NULL;

-- name: InsertIdentities :many
-- Adds those that are new and returns their ids; the arrays come ordered by kind and value,
-- so two callers who add the same ones wait for each other in one direction only.
INSERT INTO identities (
  organization_id,
  id,
  kind,
  value,
  raw_value,
  first_seen_at
)
SELECT
  @organization_id,
  unnest(@ids::uuid[]),
  unnest(@kinds::smallint[]),
  unnest(@values_::text[]),
  unnest(@raw_values::text[]),
  @first_seen_at
ON CONFLICT (organization_id, kind, value) DO NOTHING
RETURNING id;

-- name: GetIdentityLink :one
-- An identity and the link that holds, if one does.
SELECT
  identities.id,
  identity_links.id AS link_id,
  identity_links.developer_id
FROM identities
LEFT JOIN identity_links
  ON identity_links.organization_id = identities.organization_id
  AND identity_links.identity_id = identities.id
  AND identity_links.valid_to IS NULL
WHERE identities.organization_id = @organization_id
  AND identities.kind = @kind
  AND identities.value = @value;
