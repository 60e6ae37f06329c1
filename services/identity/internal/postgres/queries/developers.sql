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
-- One row an identity of each developer asked for, redirects followed; one row with nulls for a developer without identities.
-- It is one statement so that a merge beside it shows wholly or not at all.
SELECT
  requested.id AS requested_id,
  developers.id,
  developers.display_name,
  developers.created_at,
  identities.kind,
  identities.value,
  identity_links.evidence,
  identity_links.valid_from
FROM developers AS requested
JOIN developers
  ON developers.organization_id = requested.organization_id
  AND developers.id = COALESCE(requested.merged_into, requested.id)
LEFT JOIN identity_links
  ON identity_links.organization_id = developers.organization_id
  AND identity_links.developer_id = developers.id
  AND identity_links.valid_to IS NULL
LEFT JOIN identities
  ON identities.organization_id = identity_links.organization_id
  AND identities.id = identity_links.identity_id
WHERE requested.organization_id = @organization_id
  AND requested.id = ANY(@ids::uuid[])
ORDER BY requested.id, identities.kind, identities.value;

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
