SELECT
    count(),
    max(occurred_at)
FROM events
