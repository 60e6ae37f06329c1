-- As in events.
ALTER TABLE dead_letters MODIFY SETTING min_rows_to_fsync_after_merge = 1
