-- Finds the newest events of a developer, as p_timeline did by developer_id. A fold makes it anew in the parts that it changes.
ALTER TABLE events
    ADD PROJECTION IF NOT EXISTS p_current (
        SELECT organization_id, current_id, occurred_at, name, project, id
        ORDER BY organization_id, current_id, occurred_at
    )
