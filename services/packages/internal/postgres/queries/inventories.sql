-- name: InsertProject :exec
INSERT INTO projects (organization_id, project_id, name, first_seen_at)
VALUES (
    sqlc.arg(organization_id),
    sqlc.arg(project_id),
    sqlc.arg(name),
    sqlc.arg(first_seen_at)
)
ON CONFLICT (organization_id, name) DO NOTHING;

-- name: LockProject :one
-- Imports into one project happen one after the other: each takes the next number of its file.
SELECT project_id
FROM projects
WHERE organization_id = sqlc.arg(organization_id)
  AND name = sqlc.arg(name)
FOR NO KEY UPDATE;

-- name: InsertManifest :exec
INSERT INTO manifests (organization_id, manifest_id, project_id, path)
VALUES (
    sqlc.arg(organization_id),
    sqlc.arg(manifest_id),
    sqlc.arg(project_id),
    sqlc.arg(path)
)
ON CONFLICT (organization_id, manifest_id) DO NOTHING;

-- name: CountInventories :one
-- One or none: the same bytes at the same revision are one inventory.
SELECT count(*)
FROM inventories
WHERE organization_id = sqlc.arg(organization_id)
  AND manifest_id = sqlc.arg(manifest_id)
  AND revision = sqlc.arg(revision)
  AND content_sha256 = sqlc.arg(content_sha256);

-- name: InsertInventory :one
INSERT INTO inventories (
    organization_id,
    manifest_id,
    number,
    revision,
    format,
    content_sha256,
    skipped_count,
    imported_at
)
SELECT
    sqlc.arg(organization_id),
    sqlc.arg(manifest_id),
    coalesce(max(i.number), 0) + 1,
    sqlc.arg(revision),
    sqlc.arg(format),
    sqlc.arg(content_sha256),
    sqlc.arg(skipped_count),
    sqlc.arg(imported_at)
FROM inventories AS i
WHERE i.organization_id = sqlc.arg(organization_id)
  AND i.manifest_id = sqlc.arg(manifest_id)
RETURNING number;

-- name: EndInventoryEntries :exec
-- What the file had until now and has no more.
UPDATE inventory_entries AS e
SET until_number = sqlc.arg(number)::bigint
WHERE e.organization_id = sqlc.arg(organization_id)
  AND e.manifest_id = sqlc.arg(manifest_id)
  AND e.until_number IS NULL
  AND NOT EXISTS ( -- and not NOT IN, whose list is gone through for each entry once it is too large to be hashed
      SELECT 1
      FROM (
          SELECT
              unnest(sqlc.arg(package_ids)::uuid[]) AS package_id,
              unnest(sqlc.arg(versions)::text[]) AS version
      ) AS n
      WHERE n.package_id = e.package_id
        AND n.version = e.version
  );

-- name: BeginInventoryEntries :exec
-- What the file has and had not until now.
INSERT INTO inventory_entries (organization_id, manifest_id, package_id, version, since_number)
SELECT
    sqlc.arg(organization_id)::uuid,
    sqlc.arg(manifest_id)::uuid,
    n.package_id,
    n.version,
    sqlc.arg(number)::bigint
FROM (
    SELECT
        unnest(sqlc.arg(package_ids)::uuid[]) AS package_id,
        unnest(sqlc.arg(versions)::text[]) AS version
) AS n
WHERE NOT EXISTS (
    SELECT 1
    FROM inventory_entries AS e
    WHERE e.organization_id = sqlc.arg(organization_id)
      AND e.manifest_id = sqlc.arg(manifest_id)
      AND e.package_id = n.package_id
      AND e.version = n.version
      AND e.until_number IS NULL
);

-- name: ListManifests :many
SELECT
    manifest_id,
    path
FROM manifests
WHERE organization_id = sqlc.arg(organization_id)
  AND project_id = sqlc.arg(project_id);

-- name: EndManifests :one
-- A file that ends has one more inventory, which states nothing and has no bytes: its hash is no hash. How many did so is returned:
-- those that state something. That is asked of each alone, since as a join it may be made by going through all entries for each.
WITH ended AS (
    INSERT INTO inventories (
        organization_id,
        manifest_id,
        number,
        revision,
        format,
        content_sha256,
        skipped_count,
        imported_at
    )
    SELECT
        sqlc.arg(organization_id)::uuid,
        n.manifest_id,
        (
            SELECT max(i.number) + 1
            FROM inventories AS i
            WHERE i.organization_id = sqlc.arg(organization_id)
              AND i.manifest_id = n.manifest_id
        ),
        sqlc.arg(revision)::text,
        '',
        decode(repeat('00', 32), 'hex'),
        0,
        sqlc.arg(ended_at)::timestamptz
    FROM unnest(sqlc.arg(manifest_ids)::uuid[]) AS n (manifest_id)
    WHERE (
        SELECT e.since_number
        FROM inventory_entries AS e
        WHERE e.organization_id = sqlc.arg(organization_id)
          AND e.manifest_id = n.manifest_id
          AND e.until_number IS NULL
        LIMIT 1
    ) IS NOT NULL
    ON CONFLICT (organization_id, manifest_id, revision, content_sha256) DO NOTHING
    RETURNING organization_id, manifest_id, number
),
closed AS (
    UPDATE inventory_entries AS e
    SET until_number = ended.number
    FROM ended
    WHERE e.organization_id = ended.organization_id
      AND e.manifest_id = ended.manifest_id
      AND e.until_number IS NULL
)
SELECT count(*)
FROM ended;
