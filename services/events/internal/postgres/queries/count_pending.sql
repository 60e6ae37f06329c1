SELECT count(*)
FROM identity_overrides
WHERE sequence > 0
    AND NOT folded
