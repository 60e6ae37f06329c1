{{/* Newer reassignments of the same identities stay, and so do notes. */}}
DELETE FROM identity_overrides
WHERE organization_id = {folded:UUID}
    AND sequence > 0
    AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
    AND sequence <= transform(sipHash64(actor_kind, actor_value), {keys:Array(UInt64)}, {sequences:Array(UInt64)}, toUInt64(0))
