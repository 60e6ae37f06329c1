-- Empty after every start of the server: the smallest number in it names the server's present life.
-- Insert tokens carry it, because a server that was killed may remember a token whose rows it lost.
CREATE TABLE IF NOT EXISTS server_lives (
    life UInt64
)
ENGINE = Memory
