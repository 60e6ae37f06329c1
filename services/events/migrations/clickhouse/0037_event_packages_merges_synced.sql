-- As in events.
ALTER TABLE event_packages MODIFY SETTING min_rows_to_fsync_after_merge = 1
