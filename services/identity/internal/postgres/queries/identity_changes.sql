-- name: TakeSequences :one
-- Gives out the next numbers. The row lock is held until commit, so this is the last lock that a transaction takes:
-- the changes of a slower transaction get their numbers, and become visible, before those of the next.
UPDATE identity_change_counter
SET last_sequence = last_sequence + sqlc.arg('amount')::bigint
WHERE singleton
RETURNING last_sequence;

-- name: GetLastSequence :one
SELECT last_sequence
FROM identity_change_counter
WHERE singleton;

-- name: InsertIdentityChanges :exec
INSERT INTO identity_changes (
  sequence,
  organization_id,
  identity_id,
  developer_id,
  previous_developer_id,
  changed_at
)
SELECT
  unnest(@sequences::bigint[]),
  @organization_id,
  unnest(@identity_ids::uuid[]),
  unnest(@developer_ids::uuid[]),
  sqlc.narg('previous_developer_id')::uuid,
  unnest(@changed_ats::timestamptz[]);

-- name: NotifyIdentityChanges :exec
-- Sent at commit. A notice may be lost (watchers look by themselves each second); the numbers cannot.
SELECT pg_notify('identity_changes', '');

-- name: ListIdentityChanges :many
SELECT
  identity_changes.sequence,
  identity_changes.organization_id,
  identities.kind,
  identities.value,
  identity_changes.developer_id,
  identity_changes.previous_developer_id,
  identity_changes.changed_at
FROM identity_changes
JOIN identities
  ON identities.organization_id = identity_changes.organization_id
  AND identities.id = identity_changes.identity_id
WHERE identity_changes.sequence > @after_sequence
ORDER BY identity_changes.sequence
LIMIT @row_limit;
