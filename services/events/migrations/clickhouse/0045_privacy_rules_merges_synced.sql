-- As in events.
ALTER TABLE privacy_rules MODIFY SETTING min_rows_to_fsync_after_merge = 1
