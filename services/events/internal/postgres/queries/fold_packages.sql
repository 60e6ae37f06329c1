UPDATE event_packages AS p
SET developer_id = @developer
FROM unnest(@packages::text[], @versions::text[], @packaged::uuid[]) AS of_event (package, version, event_id)
WHERE p.organization_id = @organization
    AND p.package = of_event.package
    AND p.version = of_event.version
    AND p.event_id = of_event.event_id
    AND p.developer_id <> @developer
