-- As in events.
ALTER TABLE identity_positions MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
