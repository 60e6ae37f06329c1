-- As in events.
ALTER TABLE learned_days MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
