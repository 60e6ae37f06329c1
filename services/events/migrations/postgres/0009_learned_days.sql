-- What was learned from the events of a UTC day, in one row, so that it is replaced as a whole. It can be made again from the events at any time;
-- a day whose number of events differs from that in events is.
CREATE TABLE learned_days (
    organization_id uuid NOT NULL,
    day bigint NOT NULL,
    events bigint NOT NULL,
    names text[] COLLATE "C" NOT NULL,
    keys text[] COLLATE "C" NOT NULL,
    types bigint[] NOT NULL,
    counts bigint[] NOT NULL,
    firsts bigint[] NOT NULL,
    lasts bigint[] NOT NULL,
    examples text[] COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, day)
);

COMMENT ON COLUMN learned_days.day IS 'days since 1970-01-01';
COMMENT ON COLUMN learned_days.events IS 'how many events the day had when it was learned';
COMMENT ON COLUMN learned_days.keys IS 'of properties; empty for the events of the name themselves';
COMMENT ON COLUMN learned_days.firsts IS 'microseconds since 1970';
COMMENT ON COLUMN learned_days.lasts IS 'microseconds since 1970';
