SELECT 1
FROM identity_overrides
WHERE organization_id = @organization
    AND actor_kind = @kind
    AND actor_value = @value
    AND sequence = @sequence
    AND NOT folded
FOR UPDATE
