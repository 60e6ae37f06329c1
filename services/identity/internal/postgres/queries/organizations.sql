-- name: InsertOrganization :execrows
-- Adds nothing when the slug or the request is there already; the caller looks which it was.
INSERT INTO organizations (
  id,
  slug,
  display_name,
  request_id,
  created_at
) VALUES (
  @id,
  @slug,
  @display_name,
  sqlc.narg('request_id'),
  @created_at
)
ON CONFLICT DO NOTHING;

-- name: GetOrganization :one
SELECT
  id,
  slug,
  display_name,
  created_at
FROM organizations
WHERE id = @id;

-- name: GetOrganizationByRequest :one
SELECT
  id,
  slug,
  display_name,
  created_at
FROM organizations
WHERE request_id = @request_id::uuid;

-- name: ListOrganizations :many
SELECT
  id,
  slug,
  display_name,
  created_at
FROM organizations
WHERE slug > @after_slug
ORDER BY slug
LIMIT @row_limit;

-- name: AnyOrganization :one
SELECT EXISTS (
  SELECT 1
  FROM organizations
);

-- name: LockOrganization :one
-- Changes of who is whom happen one at a time within an organization. The lock leaves foreign key checks alone,
-- so resolving goes on beside it.
SELECT id
FROM organizations
WHERE id = @id
FOR NO KEY UPDATE;

-- name: LockOrganizations :exec
-- Held while a first start looks whether the installation is empty: a second one waits and then finds it is not.
LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE;
