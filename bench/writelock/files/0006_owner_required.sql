ALTER TABLE accounts ADD CONSTRAINT accounts_owner_required NOT NULL owner_id NOT VALID;
