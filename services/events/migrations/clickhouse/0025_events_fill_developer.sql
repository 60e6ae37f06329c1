-- The parts that are there get the projection in the background; until each has it, timelines read more of it.
-- devtrail:ignore ch-heavy-mutation it writes the few columns of the projection alone, and nobody waits for it
ALTER TABLE events
    MATERIALIZE PROJECTION p_developer
