-- What merges and folds make is synced too. The server keeps the parts that it was made of for minutes, but counts them from when those were written, once
-- it was started again: after a restart they may be gone before the new part is on the disk, and a loss of power took all.
ALTER TABLE events MODIFY SETTING min_rows_to_fsync_after_merge = 1
