SELECT
    organization_id,
    revision,
    rules,
    hash_key
FROM privacy_rules
