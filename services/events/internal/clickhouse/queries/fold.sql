{{/* A mutation: part by part, each as a whole, taken up by the server itself when it was killed. Its values are its own, so when it runs does not matter. */}}
ALTER TABLE {{.Table}}
    UPDATE current_id = toUUID(transform(actor_key, {keys:Array(UInt64)}, {developers:Array(String)}, toString(current_id)))
    IN PARTITION {{.Year}}
    WHERE organization_id = {folded:UUID}
        AND actor_key IN {keys:Array(UInt64)}
        AND (actor_kind, actor_value) IN {identities:Array(Tuple(UInt8, String))}
