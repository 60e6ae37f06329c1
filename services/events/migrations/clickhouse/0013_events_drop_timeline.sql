-- No question is asked by the developer as known at ingest any more.
ALTER TABLE events
    DROP PROJECTION IF EXISTS p_timeline
