{{/* In the order of ids, so that two lists with common developers wait for each other and never in a circle. */}}
INSERT INTO developer_properties AS known (organization_id, developer_id, revision, properties)
SELECT
    @organization::uuid,
    given.developer_id,
    given.revision,
    given.properties
FROM unnest(@developers::uuid[], @revisions::bigint[], @properties::text[]) AS given (developer_id, revision, properties)
ORDER BY given.developer_id
ON CONFLICT (organization_id, developer_id) DO UPDATE
SET revision = EXCLUDED.revision,
    properties = EXCLUDED.properties
WHERE EXCLUDED.revision > known.revision
