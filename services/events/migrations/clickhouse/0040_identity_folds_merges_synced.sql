-- As in events.
ALTER TABLE identity_folds MODIFY SETTING min_rows_to_fsync_after_merge = 1
