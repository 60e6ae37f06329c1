{{/* Newer reassignments of the same identities stay, and so do notes. Rows lie in parts that are written one after the other, so the superseded ones of an
     identity go first, by a statement of their own: a question in between would take one of them for the newest. */}}
DELETE FROM identity_overrides
WHERE organization_id = {folded:UUID}
    AND sequence > 0
    AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
    AND sequence {{if .Superseded}}<{{else}}<={{end}} transform(sipHash64(actor_kind, actor_value), {keys:Array(UInt64)}, {sequences:Array(UInt64)}, toUInt64(0))
