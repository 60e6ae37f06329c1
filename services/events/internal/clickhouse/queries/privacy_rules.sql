SELECT
    organization_id,
    max(revision) AS newest,
    argMax(rules, revision) AS newest_rules,
    argMax(hash_key, revision) AS newest_key
FROM privacy_rules
GROUP BY organization_id
