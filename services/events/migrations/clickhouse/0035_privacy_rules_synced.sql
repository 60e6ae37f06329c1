-- As in events.
ALTER TABLE privacy_rules MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
