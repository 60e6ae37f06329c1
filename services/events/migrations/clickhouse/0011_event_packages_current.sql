-- As in events.
ALTER TABLE event_packages
    ADD COLUMN IF NOT EXISTS actor_key UInt64 DEFAULT sipHash64(actor_kind, actor_value),
    ADD COLUMN IF NOT EXISTS current_id UUID DEFAULT developer_id COMMENT 'developer_id, or whom a fold wrote here'
