-- An index answers alone only for pages of which vacuum has said that all see all of their rows. By default it would come after a fifth of the table is new or was
-- folded; it comes after a fiftieth, and so do the statistics.
ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
