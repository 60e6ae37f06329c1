-- p_developer has all that it has.
ALTER TABLE events
    DROP PROJECTION IF EXISTS p_current
