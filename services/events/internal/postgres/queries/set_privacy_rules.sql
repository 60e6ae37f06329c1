{{/* In place of the revision before, 0 where there is none. */}}
INSERT INTO privacy_rules AS known (organization_id, revision, rules, hash_key)
SELECT
    @organization::uuid,
    @revision::bigint,
    @rules::text,
    @key::bytea
WHERE @before::bigint = 0
    OR EXISTS (
        SELECT 1
        FROM privacy_rules
        WHERE organization_id = @organization
    )
ON CONFLICT (organization_id) DO UPDATE
SET revision = EXCLUDED.revision,
    rules = EXCLUDED.rules,
    hash_key = EXCLUDED.hash_key
WHERE known.revision = @before::bigint
