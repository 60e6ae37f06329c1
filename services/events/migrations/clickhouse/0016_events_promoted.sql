-- The values of promoted properties, in a column each. Which key of an organization is in which is said by catalog_items; a value begins with the number of the
-- promotion that brought it, and what begins with another, or is empty, says nothing. A column that is empty in most rows is kept as a sparse one.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS promoted_01 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_02 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_03 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_04 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_05 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_06 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_07 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_08 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_09 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_10 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_11 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_12 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_13 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_14 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_15 String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS promoted_16 String CODEC(ZSTD(1))
