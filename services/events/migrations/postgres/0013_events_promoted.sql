-- The values of promoted properties, in a column each. Which key of an organization is in which is said by catalog_items; a value begins with the number of the
-- promotion that brought it, and what begins with another, or is null, says nothing. A column that is null takes no room in a row.
ALTER TABLE events
    ADD COLUMN promoted_01 text COLLATE "C",
    ADD COLUMN promoted_02 text COLLATE "C",
    ADD COLUMN promoted_03 text COLLATE "C",
    ADD COLUMN promoted_04 text COLLATE "C",
    ADD COLUMN promoted_05 text COLLATE "C",
    ADD COLUMN promoted_06 text COLLATE "C",
    ADD COLUMN promoted_07 text COLLATE "C",
    ADD COLUMN promoted_08 text COLLATE "C",
    ADD COLUMN promoted_09 text COLLATE "C",
    ADD COLUMN promoted_10 text COLLATE "C",
    ADD COLUMN promoted_11 text COLLATE "C",
    ADD COLUMN promoted_12 text COLLATE "C",
    ADD COLUMN promoted_13 text COLLATE "C",
    ADD COLUMN promoted_14 text COLLATE "C",
    ADD COLUMN promoted_15 text COLLATE "C",
    ADD COLUMN promoted_16 text COLLATE "C";
