-- An override that is folded is stamped on every event of its identity: queries leave it out, and Append stamps with it what comes later.
ALTER TABLE identity_overrides
    ADD COLUMN folded boolean NOT NULL DEFAULT false;
