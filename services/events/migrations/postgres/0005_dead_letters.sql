-- Events that were accepted and that this database refused for good, with their bytes. Those of the zero organization are frames of the log that were
-- damaged: whose they were cannot be known.
CREATE TABLE dead_letters (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    failed_at timestamptz NOT NULL,
    reason text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- The order of ListDeadLetters.
CREATE INDEX dead_letters_by_time ON dead_letters (organization_id, failed_at DESC, id DESC);
