-- As in events.
ALTER TABLE event_packages MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
