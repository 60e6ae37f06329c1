{{/* Questions that were there before; the time is that of the server's own clock, counted from now. */}}
SELECT count()
FROM system.processes
WHERE current_database = currentDatabase()
    AND query_kind = 'Select'
    AND query_id != queryID()
    AND elapsed > {seconds:Float64}
