-- Tenants, developers, their identities, and the keys of callers.
--
-- Every key begins with organization_id, so a query that forgets the tenant finds no index and a foreign key cannot cross tenants.
-- Text that is compared or ordered has the collation "C": bytes decide, on every machine alike.

CREATE TABLE organizations (
  id uuid NOT NULL,
  slug text COLLATE "C" NOT NULL,
  display_name text NOT NULL,
  -- Made by the client that asked for the organization: the same request finds the same row.
  request_id uuid,
  created_at timestamptz NOT NULL,
  CONSTRAINT organizations_pkey PRIMARY KEY (id),
  CONSTRAINT organizations_slug_key UNIQUE (slug),
  CONSTRAINT organizations_request_id_key UNIQUE (request_id),
  CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
  CONSTRAINT organizations_display_name_check CHECK (char_length(display_name) BETWEEN 1 AND 200)
);

CREATE TABLE developers (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  display_name text NOT NULL,
  -- The survivor, when this developer was merged. Always a developer that is not merged itself: redirects are one step long.
  merged_into uuid,
  request_id uuid,
  created_at timestamptz NOT NULL,
  CONSTRAINT developers_pkey PRIMARY KEY (organization_id, id),
  CONSTRAINT developers_request_id_key UNIQUE (organization_id, request_id),
  CONSTRAINT developers_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
  CONSTRAINT developers_merged_into_fkey FOREIGN KEY (organization_id, merged_into) REFERENCES developers (organization_id, id),
  CONSTRAINT developers_merged_into_check CHECK (merged_into <> id),
  CONSTRAINT developers_display_name_check CHECK (char_length(display_name) BETWEEN 1 AND 320)
);

-- A merge repoints everybody who was merged into its source.
CREATE INDEX developers_merged_into_idx ON developers (organization_id, merged_into) WHERE merged_into IS NOT NULL;

-- Facts: one source knows somebody by this name. Rows are added and never changed.
CREATE TABLE identities (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  -- Number of devtrail.identity.v1.IdentityKind.
  kind smallint NOT NULL,
  -- Canonical form for the kind.
  value text COLLATE "C" NOT NULL,
  -- As it was first seen.
  raw_value text NOT NULL,
  first_seen_at timestamptz NOT NULL,
  CONSTRAINT identities_pkey PRIMARY KEY (organization_id, id),
  CONSTRAINT identities_kind_value_key UNIQUE (organization_id, kind, value),
  CONSTRAINT identities_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
  CONSTRAINT identities_kind_check CHECK (kind > 0),
  CONSTRAINT identities_value_check CHECK (char_length(value) BETWEEN 1 AND 1000)
);

-- One row for each change of mind that somebody asked for: two developers are one.
CREATE TABLE merges (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  target_id uuid NOT NULL,
  source_id uuid NOT NULL,
  reason text NOT NULL,
  -- Who or what decided, as in identity_links.
  actor text NOT NULL,
  merged_at timestamptz NOT NULL,
  -- Inverse: a merge makes the target as old as the older of the two; this is what it was.
  target_created_at timestamptz NOT NULL,
  CONSTRAINT merges_pkey PRIMARY KEY (organization_id, id),
  CONSTRAINT merges_target_fkey FOREIGN KEY (organization_id, target_id) REFERENCES developers (organization_id, id),
  CONSTRAINT merges_source_fkey FOREIGN KEY (organization_id, source_id) REFERENCES developers (organization_id, id),
  CONSTRAINT merges_target_source_check CHECK (target_id <> source_id)
);

CREATE INDEX merges_target_idx ON merges (organization_id, target_id);
CREATE INDEX merges_source_idx ON merges (organization_id, source_id);

-- Beliefs: an identity is a developer's, from valid_from until valid_to. The only change a row ever sees is that it ends.
CREATE TABLE identity_links (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  identity_id uuid NOT NULL,
  developer_id uuid NOT NULL,
  -- Number of devtrail.identity.v1.Evidence.
  evidence smallint NOT NULL,
  -- How sure, 1 to 100.
  confidence smallint NOT NULL,
  -- Who or what decided: `credential:<id>`, `service:<name>`, `rule:<name>`.
  actor text NOT NULL,
  valid_from timestamptz NOT NULL,
  -- Null while the link holds.
  valid_to timestamptz,
  -- Set when a merge opened this link.
  merge_id uuid,
  CONSTRAINT identity_links_pkey PRIMARY KEY (organization_id, id),
  CONSTRAINT identity_links_identity_fkey FOREIGN KEY (organization_id, identity_id) REFERENCES identities (organization_id, id),
  CONSTRAINT identity_links_developer_fkey FOREIGN KEY (organization_id, developer_id) REFERENCES developers (organization_id, id),
  CONSTRAINT identity_links_merge_fkey FOREIGN KEY (organization_id, merge_id) REFERENCES merges (organization_id, id),
  CONSTRAINT identity_links_evidence_check CHECK (evidence > 0),
  CONSTRAINT identity_links_confidence_check CHECK (confidence BETWEEN 1 AND 100),
  CONSTRAINT identity_links_valid_check CHECK (valid_to >= valid_from)
);

-- At most one link of an identity holds. It carries the developer so that resolving reads the index alone.
CREATE UNIQUE INDEX identity_links_current_key ON identity_links (organization_id, identity_id) INCLUDE (developer_id) WHERE valid_to IS NULL;
CREATE INDEX identity_links_developer_idx ON identity_links (organization_id, developer_id) WHERE valid_to IS NULL;
CREATE INDEX identity_links_merge_idx ON identity_links (organization_id, merge_id) WHERE merge_id IS NOT NULL;

-- Inverse of a merge: the link it ended and the link it opened instead.
CREATE TABLE merge_links (
  organization_id uuid NOT NULL,
  merge_id uuid NOT NULL,
  identity_id uuid NOT NULL,
  closed_link_id uuid NOT NULL,
  opened_link_id uuid NOT NULL,
  CONSTRAINT merge_links_pkey PRIMARY KEY (organization_id, merge_id, identity_id),
  CONSTRAINT merge_links_merge_fkey FOREIGN KEY (organization_id, merge_id) REFERENCES merges (organization_id, id),
  CONSTRAINT merge_links_closed_fkey FOREIGN KEY (organization_id, closed_link_id) REFERENCES identity_links (organization_id, id),
  CONSTRAINT merge_links_opened_fkey FOREIGN KEY (organization_id, opened_link_id) REFERENCES identity_links (organization_id, id)
);

-- Inverse of a merge: the developers that redirected to its source, or were its source, and where they pointed before.
CREATE TABLE merge_redirects (
  organization_id uuid NOT NULL,
  merge_id uuid NOT NULL,
  developer_id uuid NOT NULL,
  -- Null for the source itself.
  previous_merged_into uuid,
  CONSTRAINT merge_redirects_pkey PRIMARY KEY (organization_id, merge_id, developer_id),
  CONSTRAINT merge_redirects_merge_fkey FOREIGN KEY (organization_id, merge_id) REFERENCES merges (organization_id, id),
  CONSTRAINT merge_redirects_developer_fkey FOREIGN KEY (organization_id, developer_id) REFERENCES developers (organization_id, id)
);

-- What watchers receive. The sequence spans organizations, so this is the one key that does not begin with one.
CREATE TABLE identity_changes (
  sequence bigint NOT NULL,
  organization_id uuid NOT NULL,
  identity_id uuid NOT NULL,
  -- Null when the identity is nobody's from now on.
  developer_id uuid,
  previous_developer_id uuid,
  changed_at timestamptz NOT NULL,
  CONSTRAINT identity_changes_pkey PRIMARY KEY (sequence),
  CONSTRAINT identity_changes_identity_fkey FOREIGN KEY (organization_id, identity_id) REFERENCES identities (organization_id, id),
  CONSTRAINT identity_changes_sequence_check CHECK (sequence > 0)
);

-- The last sequence number that was given out: one row. A sequence object would let a slow transaction commit a lower
-- number after a watcher has gone past it; the lock on this row is held until commit, so numbers appear in their order, without holes.
CREATE TABLE identity_change_counter (
  singleton boolean NOT NULL DEFAULT true,
  last_sequence bigint NOT NULL,
  CONSTRAINT identity_change_counter_pkey PRIMARY KEY (singleton),
  CONSTRAINT identity_change_counter_singleton_check CHECK (singleton)
);

INSERT INTO identity_change_counter (last_sequence)
VALUES (0);

CREATE TABLE api_keys (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  display_name text NOT NULL,
  -- Number of devtrail.access.v1.Role, of the roles that belong to an organization: ingest, analyst, admin, owner.
  role smallint NOT NULL,
  -- SHA-256 of the whole token. The token itself is stored nowhere.
  token_hash bytea NOT NULL,
  -- First characters of the token, so that people can tell keys apart.
  token_start text NOT NULL,
  -- Who made it, as in identity_links.
  actor text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- To the minute.
  last_used_at timestamptz,
  CONSTRAINT api_keys_pkey PRIMARY KEY (organization_id, id),
  CONSTRAINT api_keys_token_hash_key UNIQUE (token_hash),
  CONSTRAINT api_keys_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
  CONSTRAINT api_keys_role_check CHECK (role BETWEEN 1 AND 4),
  CONSTRAINT api_keys_token_hash_check CHECK (octet_length(token_hash) = 32),
  CONSTRAINT api_keys_display_name_check CHECK (char_length(display_name) BETWEEN 1 AND 200)
);
