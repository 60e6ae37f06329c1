-- A block of the log makes a part of 50 to 100 MB in each table. Written as one file it costs the server half as much as written as two files for each of
-- 40 columns, of which sixteen are empty; what merging makes of a few of them has files for its columns again.
ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 268435456
