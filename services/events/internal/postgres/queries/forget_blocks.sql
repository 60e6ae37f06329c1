DELETE FROM stored_blocks
WHERE number < @before
