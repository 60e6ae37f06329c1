-- The parts that are there get the projection in the background; until each has it, timelines read more of it. Only the columns of the projection are read.
ALTER TABLE events
    MATERIALIZE PROJECTION p_developer
