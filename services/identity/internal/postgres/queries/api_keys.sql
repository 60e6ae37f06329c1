-- name: InsertAPIKey :exec
INSERT INTO api_keys (
  organization_id,
  id,
  display_name,
  role,
  token_hash,
  token_start,
  actor,
  created_at,
  expires_at
) VALUES (
  @organization_id,
  @id,
  @display_name,
  @role,
  @token_hash,
  @token_start,
  @actor,
  @created_at,
  sqlc.narg('expires_at')
);

-- name: GetAPIKeyByHash :one
-- The one query behind every presented token.
SELECT
  organization_id,
  id,
  role,
  expires_at,
  revoked_at
FROM api_keys
WHERE token_hash = @token_hash;

-- name: ListAPIKeys :many
SELECT
  id,
  display_name,
  role,
  token_start,
  created_at,
  expires_at,
  revoked_at,
  last_used_at
FROM api_keys
WHERE organization_id = @organization_id
  AND (sqlc.narg('before_id')::uuid IS NULL OR (created_at, id) < (sqlc.narg('before_created_at')::timestamptz, sqlc.narg('before_id')::uuid))
ORDER BY created_at DESC, id DESC
LIMIT @row_limit;

-- name: RevokeAPIKey :one
-- The first revocation's time stays.
UPDATE api_keys
SET revoked_at = COALESCE(revoked_at, @revoked_at::timestamptz)
WHERE organization_id = @organization_id
  AND id = @id
RETURNING
  id,
  display_name,
  role,
  token_start,
  created_at,
  expires_at,
  revoked_at,
  last_used_at;

-- name: TouchAPIKeys :exec
-- Times only go forward, whichever instance reports last. The keys are locked by id first, since an UPDATE takes them in whatever order
-- its plan finds them, and two instances that report the same ones could then wait for each other.
WITH locked AS (
  SELECT
    api_keys.organization_id,
    api_keys.id,
    used.at
  FROM (
    SELECT
      unnest(@organization_ids::uuid[]) AS organization_id,
      unnest(@ids::uuid[]) AS id,
      unnest(@ats::timestamptz[]) AS at
  ) AS used
  JOIN api_keys
    ON api_keys.organization_id = used.organization_id
    AND api_keys.id = used.id
  WHERE api_keys.last_used_at IS NULL OR api_keys.last_used_at < used.at
  ORDER BY api_keys.organization_id, api_keys.id
  FOR NO KEY UPDATE OF api_keys
)
UPDATE api_keys
SET last_used_at = locked.at
FROM locked
WHERE api_keys.organization_id = locked.organization_id
  AND api_keys.id = locked.id;
