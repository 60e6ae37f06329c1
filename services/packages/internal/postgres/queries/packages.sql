-- name: InsertPackages :exec
-- The rows go in ordered by purl, so that two imports which share packages wait for each other in one direction only.
INSERT INTO packages (organization_id, package_id, purl, type, namespace, name, first_seen_at)
SELECT
    sqlc.arg(organization_id)::uuid,
    n.package_id,
    n.purl,
    n.type,
    n.namespace,
    n.name,
    sqlc.arg(first_seen_at)::timestamptz
FROM (
    SELECT
        unnest(sqlc.arg(package_ids)::uuid[]) AS package_id,
        unnest(sqlc.arg(purls)::text[]) COLLATE "C" AS purl,
        unnest(sqlc.arg(types)::text[]) AS type,
        unnest(sqlc.arg(namespaces)::text[]) AS namespace,
        unnest(sqlc.arg(names)::text[]) AS name
) AS n
ORDER BY n.purl
ON CONFLICT (organization_id, purl) DO NOTHING;

-- name: ListPackageIDs :many
SELECT
    package_id,
    purl
FROM packages
WHERE organization_id = sqlc.arg(organization_id)
  AND purl = ANY (sqlc.arg(purls)::text[]);

-- name: GetPackageID :one
SELECT package_id
FROM packages
WHERE organization_id = sqlc.arg(organization_id)
  AND purl = sqlc.arg(purl);

-- name: LookupPackages :many
-- One row for each ordinal whose package is known, in their order. The counts are made once a package, however many of its versions are asked for.
WITH asked AS (
    SELECT
        unnest(sqlc.arg(ordinals)::integer[]) AS ordinal,
        unnest(sqlc.arg(purls)::text[]) AS purl,
        unnest(sqlc.arg(versions)::text[]) AS version
),
known AS MATERIALIZED (
    SELECT
        p.package_id,
        p.purl,
        p.type,
        p.namespace,
        p.name,
        p.first_seen_at,
        (
            SELECT count(*)
            FROM versions AS v
            WHERE v.organization_id = p.organization_id
              AND v.package_id = p.package_id
        ) AS version_count,
        (
            SELECT count(DISTINCT m.project_id)
            FROM inventory_entries AS e
            INNER JOIN manifests AS m
                ON m.organization_id = e.organization_id
                AND m.manifest_id = e.manifest_id
            WHERE e.organization_id = p.organization_id
              AND e.package_id = p.package_id
              AND e.until_number IS NULL
        ) AS project_count
    FROM packages AS p
    WHERE p.organization_id = sqlc.arg(organization_id)
      AND p.purl IN (SELECT a.purl FROM asked AS a)
)
SELECT
    asked.ordinal::integer AS ordinal,
    known.purl,
    known.type,
    known.namespace,
    known.name,
    known.first_seen_at,
    known.version_count,
    known.project_count,
    (
        asked.version = ''
        OR EXISTS (
            SELECT 1
            FROM versions AS v
            WHERE v.organization_id = sqlc.arg(organization_id)
              AND v.package_id = known.package_id
              AND v.version = asked.version
        )
    )::boolean AS is_version_known
FROM asked
INNER JOIN known
    ON known.purl = asked.purl
ORDER BY asked.ordinal;
