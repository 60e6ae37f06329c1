SELECT uniqExact(organization_id, actor_kind, actor_value)
FROM identity_overrides
WHERE sequence > 0
