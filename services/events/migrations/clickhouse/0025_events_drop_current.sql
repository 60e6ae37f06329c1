-- p_developer has all that it has. Parts that have neither are read as a whole for a timeline until they are merged, or until somebody has the projection made
-- there: ALTER TABLE events MATERIALIZE PROJECTION p_developer. No start waits for that.
ALTER TABLE events
    DROP PROJECTION IF EXISTS p_current
