ALTER TABLE events
    UPDATE {{.Column}} = ''
    IN PARTITION {{.Year}}
    WHERE organization_id = {promoted:UUID}
        AND {{.Column}} != ''
