{{/* Mutations of folds that the server has not ended. */}}
SELECT count()
FROM system.mutations
WHERE database = currentDatabase()
    AND table IN ('events', 'event_packages')
    AND NOT is_done
    AND position(command, 'UPDATE current_id') > 0
