-- name: InsertIdentityLinks :exec
INSERT INTO identity_links (
  organization_id,
  id,
  identity_id,
  developer_id,
  evidence,
  confidence,
  actor,
  valid_from,
  merge_id
)
SELECT
  @organization_id,
  unnest(@ids::uuid[]),
  unnest(@identity_ids::uuid[]),
  unnest(@developer_ids::uuid[]),
  unnest(@evidences::smallint[]),
  unnest(@confidences::smallint[]),
  @actor,
  unnest(@valid_froms::timestamptz[]),
  sqlc.narg('merge_id');

-- name: CloseIdentityLink :one
-- A link never ends before it began, also when the clock of this instance is behind the one that opened it.
UPDATE identity_links
SET valid_to = GREATEST(@valid_to::timestamptz, valid_from)
WHERE organization_id = @organization_id
  AND id = @id
  AND valid_to IS NULL
RETURNING valid_to::timestamptz AS valid_to;

-- name: CloseDeveloperLinks :many
-- Ends every link of a developer and returns them, ordered by identity.
WITH closed AS (
  UPDATE identity_links
  SET valid_to = GREATEST(@valid_to::timestamptz, valid_from)
  WHERE organization_id = @organization_id
    AND developer_id = @developer_id
    AND valid_to IS NULL
  RETURNING
    id,
    identity_id,
    evidence,
    confidence,
    valid_to::timestamptz AS valid_to
)
SELECT
  closed.id,
  closed.identity_id,
  closed.evidence,
  closed.confidence,
  closed.valid_to
FROM closed
JOIN identities
  ON identities.organization_id = @organization_id
  AND identities.id = closed.identity_id
ORDER BY identities.kind, identities.value;
