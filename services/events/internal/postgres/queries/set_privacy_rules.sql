{{/* Only the revision after the one that is there; the first where there is none. */}}
INSERT INTO privacy_rules AS known (organization_id, revision, rules, hash_key)
SELECT
    @organization::uuid,
    @revision::bigint,
    @rules::text,
    @key::bytea
WHERE @revision::bigint = 1
    OR EXISTS (
        SELECT 1
        FROM privacy_rules
        WHERE organization_id = @organization
    )
ON CONFLICT (organization_id) DO UPDATE
SET revision = EXCLUDED.revision,
    rules = EXCLUDED.rules,
    hash_key = EXCLUDED.hash_key
WHERE EXCLUDED.revision = known.revision + 1
