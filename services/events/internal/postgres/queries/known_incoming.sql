{{/* The incoming rows that will not be taken: their event is there, or stands earlier among them. */}}
SELECT i.place
FROM (
    SELECT
        organization_id,
        id,
        place,
        row_number() OVER (PARTITION BY organization_id, id ORDER BY place) AS copy
    FROM pg_temp.incoming
) AS i
LEFT JOIN events AS e ON e.organization_id = i.organization_id AND e.id = i.id
WHERE i.copy > 1
    OR e.id IS NOT NULL
ORDER BY i.place
