-- Of two rows that are written under one token the first is kept: instances that set a revision at the same moment are kept apart by it.
ALTER TABLE privacy_rules MODIFY SETTING non_replicated_deduplication_window = 10000
