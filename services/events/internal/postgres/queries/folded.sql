UPDATE identity_overrides
SET folded = true
WHERE organization_id = @organization
    AND actor_kind = @kind
    AND actor_value = @value
    AND sequence = @sequence
