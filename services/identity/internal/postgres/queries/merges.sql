-- name: InsertMerge :exec
INSERT INTO merges (
  organization_id,
  id,
  target_id,
  source_id,
  reason,
  actor,
  merged_at,
  target_created_at
) VALUES (
  @organization_id,
  @id,
  @target_id,
  @source_id,
  @reason,
  @actor,
  @merged_at,
  @target_created_at
);

-- name: InsertMergeLinks :exec
INSERT INTO merge_links (
  organization_id,
  merge_id,
  identity_id,
  closed_link_id,
  opened_link_id
)
SELECT
  @organization_id,
  @merge_id,
  unnest(@identity_ids::uuid[]),
  unnest(@closed_link_ids::uuid[]),
  unnest(@opened_link_ids::uuid[]);

-- name: InsertMergeRedirects :exec
-- Remembers where the source, and everybody who was merged into it, pointed before they are redirected.
INSERT INTO merge_redirects (
  organization_id,
  merge_id,
  developer_id,
  previous_merged_into
)
SELECT
  developers.organization_id,
  @merge_id,
  developers.id,
  developers.merged_into
FROM developers
WHERE developers.organization_id = @organization_id
  AND (developers.id = @source_id::uuid OR developers.merged_into = @source_id::uuid);
