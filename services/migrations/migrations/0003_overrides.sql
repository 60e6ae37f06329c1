-- An override lets one file of one database pass a rule of lint, or its gate. It is never changed and never removed:
-- who gave it and why is part of the history.
CREATE TABLE overrides (
    database_name text NOT NULL CHECK (database_name <> ''),
    file text NOT NULL CHECK (file <> ''),
    rule text NOT NULL CHECK (rule <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    actor text NOT NULL CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (database_name, file, rule)
);
