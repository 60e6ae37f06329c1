SELECT DISTINCT
    actor_kind,
    actor_value
FROM identity_overrides
WHERE organization_id = {organization:UUID}
    AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
