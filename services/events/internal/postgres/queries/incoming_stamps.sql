SELECT DISTINCT
    o.organization_id,
    o.actor_kind,
    o.actor_value,
    o.developer_id
FROM pg_temp.incoming AS i
JOIN identity_overrides AS o
    ON o.organization_id = i.organization_id
    AND o.actor_kind = i.actor_kind
    AND o.actor_value = i.actor_value
    AND o.sequence > 0
WHERE cardinality(i.packages) > 0
