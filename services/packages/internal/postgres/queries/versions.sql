-- name: InsertVersions :execrows
-- Ordered for the same reason as InsertPackages. The count is of the rows that are new.
INSERT INTO versions (organization_id, package_id, version, first_seen_at)
SELECT
    sqlc.arg(organization_id)::uuid,
    n.package_id,
    n.version,
    sqlc.arg(first_seen_at)::timestamptz
FROM (
    SELECT
        unnest(sqlc.arg(package_ids)::uuid[]) AS package_id,
        unnest(sqlc.arg(versions)::text[]) COLLATE "C" AS version
) AS n
ORDER BY
    n.package_id,
    n.version
ON CONFLICT (organization_id, package_id, version) DO NOTHING;

-- name: ListVersions :many
-- Without order: no database sorts by the rules of an ecosystem.
SELECT
    version,
    first_seen_at
FROM versions
WHERE organization_id = sqlc.arg(organization_id)
  AND package_id = sqlc.arg(package_id);
