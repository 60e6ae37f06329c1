-- The tables as they are before the change; the command fills them.
CREATE TABLE owners (
    id bigint PRIMARY KEY,
    seen bigint NOT NULL DEFAULT 0
);

CREATE TABLE accounts (
    id bigint PRIMARY KEY,
    balance bigint NOT NULL DEFAULT 0,
    owner_id bigint
);

CREATE TABLE log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    delta bigint NOT NULL
);
