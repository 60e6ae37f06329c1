INSERT INTO events (
    organization_id, id, name, occurred_at, received_at, actor_kind, actor_value, developer_id, source_kind, tool, tool_version, machine, project, packages,
    session_id, properties
)
SELECT
    ($1::uuid[])[1 + n % cardinality($1::uuid[])],
    gen_random_uuid(),
    CASE WHEN kind < 21 THEN 'build.finished' WHEN kind < 40 THEN 'commit.authored' WHEN kind < 50 THEN 'package.viewed' ELSE 'kind.' || kind END,
    at,
    at,
    1,
    'person-' || who || '@example.org',
    ('00000000-0000-4000-8000-' || lpad(who::text, 12, '0'))::uuid,
    1,
    'git',
    '2.49',
    'machine-' || who % 5000,
    'github.com/own/' || abs(hashint8extended(n, 3) % 200),
    CASE WHEN hashint8extended(n, 4) % 4 = 0
        THEN ARRAY['pkg:npm/p' || floor(5000 * (abs(hashint8extended(n, 5) % 100000) / 100000.0) ^ 3)::bigint || '@1.' || kind % 7]
        ELSE '{}'::text[] END,
    '',
    '{"branch":"main","language":"' || (ARRAY['go', 'typescript', 'python', 'rust'])[1 + kind % 4] || '","ok":true,"seconds":' || who % 900 || '}'
FROM (
    SELECT
        n,
        $2::timestamptz + n * (interval '91 days' / $3::bigint) AS at,
        abs(hashint8extended(n, 1) % 20000) AS who,
        abs(hashint8extended(n, 2) % 100) AS kind
    FROM generate_series($4::bigint, $5::bigint) AS n
) AS made
