WITH steps AS (
    SELECT
        developer_id,
        occurred_at AS at,
        CASE name WHEN 'package.viewed' THEN 0 WHEN 'commit.authored' THEN 1 ELSE 2 END AS step
    FROM events
    WHERE organization_id = $1 AND name IN ('package.viewed', 'commit.authored', 'build.finished')
        AND occurred_at >= '2026-03-07Z' AND occurred_at < '2026-04-06Z'
), first AS (
    SELECT developer_id, at, step, max(at) FILTER (WHERE step = 0) OVER so_far AS began
    FROM steps
    WINDOW so_far AS (PARTITION BY developer_id ORDER BY at ROWS UNBOUNDED PRECEDING)
), second AS (
    SELECT developer_id, at, step, began, max(began) FILTER (WHERE step = 1 AND at <= began + interval '1 day') OVER so_far AS went_on
    FROM first
    WINDOW so_far AS (PARTITION BY developer_id ORDER BY at ROWS UNBOUNDED PRECEDING)
), third AS (
    SELECT developer_id, max(CASE
        WHEN step = 2 AND at <= went_on + interval '1 day' THEN 3
        WHEN step = 1 AND at <= began + interval '1 day' THEN 2
        WHEN step = 0 THEN 1
        ELSE 0
    END) AS reached
    FROM second
    GROUP BY developer_id
)
SELECT reached, count(*)
FROM third
GROUP BY reached
