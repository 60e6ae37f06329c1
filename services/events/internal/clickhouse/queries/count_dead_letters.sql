SELECT toInt64(count()) AS letters
FROM dead_letters FINAL
WHERE organization_id = {organization:UUID}
    AND gone = 0
