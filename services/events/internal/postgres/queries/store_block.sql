INSERT INTO stored_blocks (
    number,
    known
)
VALUES (
    @number,
    '{}'
)
ON CONFLICT (number) DO NOTHING
