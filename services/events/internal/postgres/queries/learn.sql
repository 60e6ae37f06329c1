INSERT INTO learned_days (organization_id, day, events, names, keys, types, counts, firsts, lasts, examples)
VALUES (@organization, @day, @events, @names, @keys, @types, @counts, @firsts, @lasts, @examples)
ON CONFLICT (organization_id, day) DO UPDATE
SET
    events = excluded.events,
    names = excluded.names,
    keys = excluded.keys,
    types = excluded.types,
    counts = excluded.counts,
    firsts = excluded.firsts,
    lasts = excluded.lasts,
    examples = excluded.examples
