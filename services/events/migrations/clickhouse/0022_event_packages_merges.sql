-- As for events, see 0021.
ALTER TABLE event_packages MODIFY SETTING merge_selector_base = 12
