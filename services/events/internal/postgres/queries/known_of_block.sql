UPDATE stored_blocks
SET known = @known
WHERE number = @number
