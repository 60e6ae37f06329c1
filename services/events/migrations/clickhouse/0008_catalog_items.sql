-- The small things that the catalog keeps: what people saved, notes on definitions, the states of developers' properties, members of cohorts.
-- revision counts the changes of an item and the row with the highest counts; queries take rows with FINAL and never rely on a merge. A writer names the
-- revision that it makes in the token of its insert: of two the server keeps the first, and write_id tells whose that was.
-- A row whose gone is 1 says that the item was deleted.
CREATE TABLE IF NOT EXISTS catalog_items (
    organization_id UUID,
    kind UInt8,
    id UUID,
    name String,
    description String,
    body String CODEC(ZSTD(1)),
    uses Array(UUID) COMMENT 'ids of the items that this one cannot do without',
    revision UInt64,
    gone UInt8,
    created_at DateTime64(6, 'UTC'),
    updated_at DateTime64(6, 'UTC'),
    write_id UUID COMMENT 'of the insert'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (organization_id, kind, id)
SETTINGS non_replicated_deduplication_window = 10000
