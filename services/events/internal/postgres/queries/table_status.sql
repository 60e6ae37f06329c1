{{/* A table with its partitions is one. */}}
SELECT
    root.relname::text,
    sum(greatest(part.reltuples, 0))::bigint,
    sum(pg_total_relation_size(part.oid))::bigint,
    count(*) FILTER (WHERE part.relkind = 'r')
FROM pg_class AS root
CROSS JOIN LATERAL (
    SELECT root.oid AS relid
    WHERE root.relkind = 'r'
    UNION ALL
    SELECT tree.relid
    FROM pg_partition_tree(root.oid) AS tree
    WHERE root.relkind = 'p'
) AS member
JOIN pg_class AS part
    ON part.oid = member.relid
WHERE root.relnamespace = current_schema()::regnamespace
    AND root.relkind IN ('r', 'p')
    AND NOT root.relispartition
GROUP BY root.relname
ORDER BY root.relname
