-- As in events.
ALTER TABLE learned_days MODIFY SETTING min_rows_to_fsync_after_merge = 1
