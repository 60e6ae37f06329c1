-- name: InsertDeveloper :execrows
-- Adds nothing when the request was answered already.
INSERT INTO developers (
  organization_id,
  id,
  display_name,
  request_id,
  created_at
) VALUES (
  @organization_id,
  @id,
  @display_name,
  sqlc.narg('request_id'),
  @created_at
)
ON CONFLICT (organization_id, request_id) DO NOTHING;

-- name: InsertDevelopers :exec
INSERT INTO developers (
  organization_id,
  id,
  display_name,
  created_at
)
SELECT
  @organization_id,
  unnest(@ids::uuid[]),
  unnest(@display_names::text[]),
  @created_at;

-- name: GetDeveloperIDByRequest :one
SELECT id
FROM developers
WHERE organization_id = @organization_id
  AND request_id = @request_id::uuid;

-- name: GetDeveloperHeads :many
-- The bare rows, without redirects followed: what a merge decides on.
SELECT
  id,
  merged_into,
  created_at
FROM developers
WHERE organization_id = @organization_id
  AND id = ANY(@ids::uuid[]);

-- name: GetDevelopers :many
-- One row a developer who is asked for by her id or by some that were merged into her: what she has is read once, however many they are. Her identities are
-- arrays of which each place is one. It is one statement so that a merge beside it shows wholly or not at all.
SELECT
  survivors.requested_ids,
  developers.id,
  developers.display_name,
  developers.created_at,
  linked.kinds,
  linked.identity_values,
  linked.evidences,
  linked.linked_at
FROM (
  SELECT
    COALESCE(requested.merged_into, requested.id) AS id,
    array_agg(requested.id)::uuid[] AS requested_ids
  FROM developers AS requested
  WHERE requested.organization_id = @organization_id
    AND requested.id = ANY(@ids::uuid[])
  GROUP BY COALESCE(requested.merged_into, requested.id)
) AS survivors
JOIN developers
  ON developers.organization_id = @organization_id
  AND developers.id = survivors.id
CROSS JOIN LATERAL (
  SELECT
    COALESCE(array_agg(identities.kind ORDER BY identities.kind, identities.value), '{}')::smallint[] AS kinds,
    COALESCE(array_agg(identities.value ORDER BY identities.kind, identities.value), '{}')::text[] AS identity_values,
    COALESCE(array_agg(identity_links.evidence ORDER BY identities.kind, identities.value), '{}')::smallint[] AS evidences,
    COALESCE(array_agg(identity_links.valid_from ORDER BY identities.kind, identities.value), '{}')::timestamptz[] AS linked_at
  FROM identity_links
  JOIN identities
    ON identities.organization_id = identity_links.organization_id
    AND identities.id = identity_links.identity_id
  WHERE identity_links.organization_id = @organization_id
    AND identity_links.developer_id = survivors.id
    AND identity_links.valid_to IS NULL
) AS linked;

-- name: GetDevelopersAlone :many
-- The same without identities: one row an id asked for, redirects followed.
SELECT
  requested.id AS requested_id,
  developers.id,
  developers.display_name,
  developers.created_at
FROM developers AS requested
JOIN developers
  ON developers.organization_id = requested.organization_id
  AND developers.id = COALESCE(requested.merged_into, requested.id)
WHERE requested.organization_id = @organization_id
  AND requested.id = ANY(@ids::uuid[]);

-- name: ListDevelopers :many
SELECT
  id,
  display_name,
  created_at
FROM developers
WHERE organization_id = @organization_id
  AND merged_into IS NULL
  AND id > @after_id
ORDER BY id
LIMIT @row_limit;

-- name: RedirectDevelopers :exec
-- Points the source, and everybody who was merged into it before, at the survivor: redirects stay one step long.
UPDATE developers
SET merged_into = @target_id::uuid
WHERE organization_id = @organization_id
  AND (id = @source_id::uuid OR merged_into = @source_id::uuid);

-- name: SetDeveloperCreatedAt :exec
UPDATE developers
SET created_at = @created_at
WHERE organization_id = @organization_id
  AND id = @id;
