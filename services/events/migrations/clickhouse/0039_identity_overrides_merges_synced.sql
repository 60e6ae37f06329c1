-- As in events.
ALTER TABLE identity_overrides MODIFY SETTING min_rows_to_fsync_after_merge = 1
