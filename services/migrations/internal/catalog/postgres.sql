-- Every object of the database as (kind, name, definition). The search_path is empty, so that the server writes all names with their schema.
-- Options that tune autovacuum are left out: operators change them on live tables, and no query behaves otherwise for it.
WITH
schemas AS (
    SELECT n.oid, n.nspname, quote_ident(n.nspname) AS name, n.nspowner, n.nspacl
    FROM pg_namespace AS n
    WHERE n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema'
),
members AS (
    SELECT d.classid, d.objid
    FROM pg_depend AS d
    WHERE d.deptype = 'e'
),
relations AS (
    SELECT c.*, s.name || '.' || quote_ident(c.relname) AS name
    FROM pg_class AS c
    JOIN schemas AS s ON s.oid = c.relnamespace
    WHERE c.relname !~ '^devtrail_(schema_|backfill)'
      AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
tables AS (
    SELECT *
    FROM relations
    WHERE relkind IN ('r', 'p', 'f')
),
functions AS (
    SELECT p.*, s.name || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name
    FROM pg_proc AS p
    JOIN schemas AS s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
),
types AS (
    SELECT t.*, s.name || '.' || quote_ident(t.typname) AS name
    FROM pg_type AS t
    JOIN schemas AS s ON s.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
),
guarded AS (
    SELECT 'relation' AS kind, name, relowner AS owner, relacl AS acl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS std
    FROM relations
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL
    SELECT 'function', name, proowner, proacl, acldefault('f', proowner)
    FROM functions
    UNION ALL
    SELECT 'type', name, typowner, typacl, acldefault('T', typowner)
    FROM types
    UNION ALL
    -- The schema public comes with USAGE for all.
    SELECT 'schema', name, nspowner, nspacl, CASE nspname WHEN 'public' THEN acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) ELSE acldefault('n', nspowner) END
    FROM schemas
    UNION ALL
    SELECT 'column', r.name || '.' || quote_ident(a.attname), r.relowner, a.attacl, acldefault('c', r.relowner)
    FROM relations AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attacl IS NOT NULL
),
granted AS (
    SELECT
        g.kind,
        g.name,
        CASE x.grantee WHEN 0 THEN 'PUBLIC' WHEN g.owner THEN 'owner' ELSE x.grantee::regrole::text END AS grantee,
        x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
    FROM guarded AS g
    CROSS JOIN LATERAL aclexplode(g.acl) AS x
),
usual AS (
    SELECT
        g.kind,
        g.name,
        CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE 'owner' END AS grantee,
        x.privilege_type AS privilege
    FROM guarded AS g
    CROSS JOIN LATERAL aclexplode(g.std) AS x
    WHERE g.acl IS NOT NULL
)
SELECT 'schema' AS kind, name, 'SCHEMA' AS definition
FROM schemas

UNION ALL
SELECT 'extension', quote_ident(e.extname), 'EXTENSION SCHEMA ' || quote_ident(n.nspname)
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace

UNION ALL
SELECT
    CASE t.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
    t.name,
    concat_ws(
        ' ',
        CASE t.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
        'TABLE',
        CASE WHEN t.relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(t.oid) END,
        'PARTITION OF ' || (SELECT i.inhparent::regclass::text FROM pg_inherits AS i WHERE i.inhrelid = t.oid AND t.relispartition) || ' ' || pg_get_expr(t.relpartbound, t.oid),
        'INHERITS ' || (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits AS i WHERE i.inhrelid = t.oid AND NOT t.relispartition),
        'USING ' || (SELECT a.amname FROM pg_am AS a WHERE a.oid = t.relam AND a.amname <> 'heap'),
        'SERVER ' || (
            SELECT concat_ws(' ', quote_ident(v.srvname), array_to_string(f.ftoptions, ', '))
            FROM pg_foreign_table AS f
            JOIN pg_foreign_server AS v ON v.oid = f.ftserver
            WHERE f.ftrelid = t.oid
        ),
        'TABLESPACE ' || (SELECT quote_ident(s.spcname) FROM pg_tablespace AS s WHERE s.oid = t.reltablespace),
        'WITH ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(t.reloptions) AS o WHERE o !~ '^(toast\.)?(autovacuum|log_autovacuum|vacuum)_'),
        CASE t.relreplident WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'i' THEN 'REPLICA IDENTITY INDEX' END,
        CASE WHEN t.relrowsecurity THEN 'ROW SECURITY' END,
        CASE WHEN t.relforcerowsecurity THEN 'FORCE ROW SECURITY' END
    )
FROM tables AS t

UNION ALL
SELECT
    'column',
    t.name || '.' || quote_ident(a.attname),
    concat_ws(
        ' ',
        -- The place counts without the columns that were dropped: it is what SELECT * and INSERT without names see.
        '#' || (SELECT count(*) FROM pg_attribute AS b WHERE b.attrelid = a.attrelid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped),
        format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> y.typcollation THEN 'COLLATE ' || a.attcollation::regcollation::text END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
        CASE a.attgenerated
            WHEN 's' THEN 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
            WHEN '' THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
            ELSE 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL'
        END,
        CASE WHEN a.attstorage <> y.typstorage THEN 'STORAGE ' || a.attstorage::text END,
        CASE WHEN a.attcompression <> '' THEN 'COMPRESSION ' || a.attcompression::text END,
        'STATISTICS ' || nullif(coalesce(a.attstattarget, -1), -1),
        'OPTIONS ' || nullif(array_to_string(a.attoptions, ', '), '')
    )
FROM tables AS t
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum

UNION ALL
SELECT
    'index',
    r.name,
    concat_ws(
        ' ',
        pg_get_indexdef(i.indexrelid),
        CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
        CASE WHEN i.indisclustered THEN 'CLUSTERED' END,
        CASE WHEN i.indisreplident THEN 'REPLICA IDENTITY' END,
        'STATISTICS ' || (
            SELECT string_agg(a.attnum || '=' || a.attstattarget, ', ' ORDER BY a.attnum)
            FROM pg_attribute AS a
            WHERE a.attrelid = i.indexrelid
              AND a.attstattarget >= 0
        )
    )
FROM pg_index AS i
JOIN relations AS r ON r.oid = i.indexrelid
JOIN relations AS t ON t.oid = i.indrelid

UNION ALL
SELECT
    'constraint',
    coalesce(t.name, y.name) || '.' || quote_ident(c.conname),
    concat_ws(' ', pg_get_constraintdef(c.oid), CASE WHEN NOT c.conislocal THEN 'INHERITED' END)
FROM pg_constraint AS c
LEFT JOIN tables AS t ON t.oid = c.conrelid
LEFT JOIN types AS y ON y.oid = c.contypid
WHERE coalesce(t.name, y.name) IS NOT NULL

UNION ALL
SELECT
    CASE r.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END,
    r.name,
    concat_ws(' ', pg_get_viewdef(r.oid), 'WITH ' || array_to_string(r.reloptions, ', '), CASE WHEN NOT r.relispopulated THEN 'NOT POPULATED' END)
FROM relations AS r
WHERE r.relkind IN ('v', 'm')

UNION ALL
SELECT
    'sequence',
    r.name,
    concat_ws(
        ' ',
        format_type(s.seqtypid, NULL), 'START', s.seqstart, 'INCREMENT', s.seqincrement, 'MIN', s.seqmin, 'MAX', s.seqmax, 'CACHE', s.seqcache,
        CASE WHEN s.seqcycle THEN 'CYCLE' END,
        CASE WHEN r.relpersistence = 'u' THEN 'UNLOGGED' END,
        'OWNED BY ' || (
            SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname)
            FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass
              AND d.objid = r.oid
              AND d.deptype IN ('a', 'i')
              AND d.refobjsubid > 0
            LIMIT 1
        )
    )
FROM relations AS r
JOIN pg_sequence AS s ON s.seqrelid = r.oid

UNION ALL
SELECT
    CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    f.name,
    CASE
        WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid)
        ELSE (
            SELECT concat_ws(' ', format_type(f.prorettype, NULL), g.aggtransfn, g.aggfinalfn, format_type(g.aggtranstype, NULL), g.agginitval, g.aggcombinefn, g.aggsortop::regoper)
            FROM pg_aggregate AS g
            WHERE g.aggfnoid = f.oid
        )
    END
FROM functions AS f

UNION ALL
SELECT
    'trigger',
    t.name || '.' || quote_ident(g.tgname),
    concat_ws(' ', pg_get_triggerdef(g.oid), CASE g.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED REPLICA' WHEN 'A' THEN 'ENABLED ALWAYS' END)
FROM pg_trigger AS g
JOIN relations AS t ON t.oid = g.tgrelid
WHERE NOT g.tgisinternal

UNION ALL
-- Triggers of constraints come with them and have names made of object ids, so they are told by their constraint, and only when they do not run as usual.
SELECT
    'trigger',
    r.name || '.' || quote_ident(c.conname) || ' ON ' || t.name,
    string_agg(concat_ws(' ', g.tgfoid::regproc, CASE g.tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED REPLICA' WHEN 'A' THEN 'ENABLED ALWAYS' END), ', ' ORDER BY g.tgfoid)
FROM pg_trigger AS g
JOIN relations AS t ON t.oid = g.tgrelid
JOIN pg_constraint AS c ON c.oid = g.tgconstraint
JOIN relations AS r ON r.oid = c.conrelid
WHERE g.tgisinternal
  AND g.tgenabled <> 'O'
GROUP BY r.name, c.conname, t.name

UNION ALL
SELECT 'event trigger', quote_ident(e.evtname), concat_ws(' ', e.evtevent, e.evtfoid::regproc, e.evtenabled, array_to_string(e.evttags, ', '))
FROM pg_event_trigger AS e
WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = e.oid)

UNION ALL
SELECT
    'rule',
    t.name || '.' || quote_ident(w.rulename),
    concat_ws(' ', pg_get_ruledef(w.oid), CASE WHEN w.ev_enabled <> 'O' THEN 'ENABLED ' || w.ev_enabled::text END)
FROM pg_rewrite AS w
JOIN relations AS t ON t.oid = w.ev_class
WHERE w.rulename <> '_RETURN'

UNION ALL
SELECT
    'policy',
    t.name || '.' || quote_ident(p.polname),
    concat_ws(
        ' ',
        CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        p.polcmd,
        'TO ' || (SELECT string_agg(CASE WHEN o = 0 THEN 'public' ELSE o::regrole::text END, ', ' ORDER BY o) FROM unnest(p.polroles) AS o),
        'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
    )
FROM pg_policy AS p
JOIN tables AS t ON t.oid = p.polrelid

UNION ALL
SELECT
    'type',
    y.name,
    CASE y.typtype
        WHEN 'e' THEN 'ENUM ' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = y.oid), '')
        WHEN 'd' THEN concat_ws(' ', 'DOMAIN', format_type(y.typbasetype, y.typtypmod), CASE WHEN y.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || y.typdefault)
        WHEN 'c' THEN 'COMPOSITE ' || (
            SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
            FROM pg_attribute AS a
            WHERE a.attrelid = y.typrelid
              AND a.attnum > 0
              AND NOT a.attisdropped
        )
        WHEN 'r' THEN 'RANGE ' || (SELECT format_type(g.rngsubtype, NULL) FROM pg_range AS g WHERE g.rngtypid = y.oid)
        ELSE 'BASE'
    END
FROM types AS y
WHERE y.typtype IN ('e', 'd', 'r')
   OR (y.typtype = 'c' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = y.typrelid AND c.relkind = 'c'))

UNION ALL
SELECT
    'statistics',
    s.name || '.' || quote_ident(x.stxname),
    concat_ws(' ', pg_get_statisticsobjdef(x.oid), 'TARGET ' || nullif(coalesce(x.stxstattarget, -1), -1))
FROM pg_statistic_ext AS x
JOIN schemas AS s ON s.oid = x.stxnamespace

UNION ALL
SELECT
    'publication',
    quote_ident(p.pubname),
    concat_ws(
        ' ',
        CASE WHEN p.puballtables THEN 'ALL TABLES' END,
        CASE WHEN p.pubinsert THEN 'INSERT' END, CASE WHEN p.pubupdate THEN 'UPDATE' END, CASE WHEN p.pubdelete THEN 'DELETE' END, CASE WHEN p.pubtruncate THEN 'TRUNCATE' END,
        CASE WHEN p.pubviaroot THEN 'VIA ROOT' END,
        'TABLES ' || (
            SELECT string_agg(r.prrelid::regclass::text || coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), ''), ', ' ORDER BY r.prrelid::regclass::text)
            FROM pg_publication_rel AS r
            WHERE r.prpubid = p.oid
        ),
        'SCHEMAS ' || (SELECT string_agg(r.pnnspid::regnamespace::text, ', ' ORDER BY r.pnnspid::regnamespace::text) FROM pg_publication_namespace AS r WHERE r.pnpubid = p.oid)
    )
FROM pg_publication AS p

UNION ALL
SELECT 'cast', format_type(k.castsource, NULL) || ' AS ' || format_type(k.casttarget, NULL), concat_ws(' ', nullif(k.castfunc, 0)::regprocedure, k.castcontext, k.castmethod)
FROM pg_cast AS k
WHERE k.oid >= 16384
  AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_cast'::regclass AND m.objid = k.oid)

UNION ALL
SELECT 'operator', s.name || '.' || o.oid::regoperator::text, concat_ws(' ', o.oprcode, o.oprcom::regoperator, o.oprnegate::regoperator)
FROM pg_operator AS o
JOIN schemas AS s ON s.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_operator'::regclass AND m.objid = o.oid)

UNION ALL
SELECT 'collation', s.name || '.' || quote_ident(o.collname), concat_ws(' ', o.collprovider, o.collisdeterministic, o.collcollate, o.collctype)
FROM pg_collation AS o
JOIN schemas AS s ON s.oid = o.collnamespace
WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_collation'::regclass AND m.objid = o.oid)

UNION ALL
-- The comment of the schema public comes with the server.
SELECT 'comment', i.type || ' ' || i.identity, d.description
FROM pg_description AS d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
WHERE d.objoid >= 16384
  AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = d.classoid AND m.objid = d.objoid)

UNION ALL
-- Privileges are told relative to what the owner and PUBLIC have by default, whoever the owner is: what was granted beyond it, and what was taken from it.
SELECT 'grant', p.kind || ' ' || p.name || ' TO ' || p.grantee, string_agg(p.privilege, ', ' ORDER BY p.privilege)
FROM (
    SELECT kind, name, grantee, privilege FROM granted
    EXCEPT
    SELECT kind, name, grantee, privilege FROM usual
) AS p
GROUP BY p.kind, p.name, p.grantee

UNION ALL
SELECT 'revoke', p.kind || ' ' || p.name || ' FROM ' || p.grantee, string_agg(p.privilege, ', ' ORDER BY p.privilege)
FROM (
    SELECT kind, name, grantee, privilege FROM usual
    EXCEPT
    SELECT kind, name, grantee, privilege FROM granted
) AS p
GROUP BY p.kind, p.name, p.grantee

UNION ALL
SELECT
    'default privileges',
    concat_ws(' ', d.defaclobjtype, 'IN SCHEMA ' || nullif(d.defaclnamespace, 0)::regnamespace, 'TO', CASE x.grantee WHEN 0 THEN 'PUBLIC' WHEN d.defaclrole THEN 'owner' ELSE x.grantee::regrole::text END),
    string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ' ORDER BY x.privilege_type)
FROM pg_default_acl AS d
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
GROUP BY d.defaclobjtype, d.defaclnamespace, d.defaclrole, x.grantee

UNION ALL
SELECT 'server', quote_ident(v.srvname), concat_ws(' ', w.fdwname, v.srvtype, v.srvversion, array_to_string(v.srvoptions, ', '))
FROM pg_foreign_server AS v
JOIN pg_foreign_data_wrapper AS w ON w.oid = v.srvfdw

UNION ALL
SELECT
    'text search configuration',
    s.name || '.' || quote_ident(c.cfgname),
    (
        SELECT string_agg(m.maptokentype || ':' || m.mapdict::regdictionary, ', ' ORDER BY m.maptokentype, m.mapseqno)
        FROM pg_ts_config_map AS m
        WHERE m.mapcfg = c.oid
    )
FROM pg_ts_config AS c
JOIN schemas AS s ON s.oid = c.cfgnamespace
WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = 'pg_ts_config'::regclass AND m.objid = c.oid)
