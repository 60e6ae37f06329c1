-- As in events.
ALTER TABLE catalog_items MODIFY SETTING min_rows_to_fsync_after_merge = 1
