-- As in events.
ALTER TABLE developer_properties MODIFY SETTING min_rows_to_fsync_after_merge = 1
