-- As in events.
ALTER TABLE event_packages MODIFY SETTING min_bytes_for_wide_part = 268435456
