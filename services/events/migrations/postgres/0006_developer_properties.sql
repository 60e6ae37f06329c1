-- The current properties of developers, one row for each that has some. Of two writers the higher revision wins.
CREATE TABLE developer_properties (
    organization_id uuid NOT NULL,
    developer_id uuid NOT NULL,
    revision bigint NOT NULL,
    properties text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, developer_id)
);

COMMENT ON COLUMN developer_properties.properties IS 'canonical JSON object';
