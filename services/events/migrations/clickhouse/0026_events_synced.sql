-- What an insert has answered outlives a loss of power: the service forgets a block as soon as it is here. What merges and folds make needs no syncing: the
-- server keeps the parts that it was made of for minutes, and goes on from them.
ALTER TABLE events MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
