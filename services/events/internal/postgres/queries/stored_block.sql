SELECT known
FROM stored_blocks
WHERE number = @number
