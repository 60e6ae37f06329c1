SELECT count(*)
FROM dead_letters
WHERE organization_id = @organization
