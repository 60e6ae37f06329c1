KILL QUERY
WHERE query_id = {id:String}
    AND current_database = currentDatabase()
    AND JSONExtractString(Settings['log_comment'], 'organization') = {organization:String}
ASYNC
