INSERT INTO dead_letters (organization_id, id, name, received_at, failed_at, reason, message, payload)
VALUES (@organization, @id, @name, @received_at, @failed_at, @reason, @message, @payload)
ON CONFLICT (organization_id, id) DO UPDATE
SET name = EXCLUDED.name,
    received_at = EXCLUDED.received_at,
    failed_at = EXCLUDED.failed_at,
    reason = EXCLUDED.reason,
    message = EXCLUDED.message,
    payload = EXCLUDED.payload
