-- Finds the newest events of a developer, as p_current does, also while overrides are pending: those are looked up by actor_key. A fold makes it anew in the
-- parts that it changes.
ALTER TABLE events
    ADD PROJECTION IF NOT EXISTS p_developer (
        SELECT organization_id, current_id, occurred_at, actor_key, name, project, id
        ORDER BY organization_id, current_id, occurred_at
    )
