INSERT INTO events (
    organization_id, name, id, developer_id, actor_kind, actor_value, occurred_at, received_at, source_kind, tool, tool_version, machine, project,
    packages, package_rows, session_id, properties, block_id
)
SELECT
    arrayElement({organizations:Array(UUID)}, 1 + number % length({organizations:Array(UUID)})) AS organization_id,
    multiIf(kind < 21, 'build.finished', kind < 40, 'commit.authored', kind < 50, 'package.viewed', concat('kind.', toString(kind))) AS name,
    generateUUIDv4() AS id,
    toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(who), 12, '0'))) AS developer_id,
    1 AS actor_kind,
    concat('person-', toString(who), '@example.org') AS actor_value,
    fromUnixTimestamp64Micro(toUnixTimestamp64Micro({start:DateTime64(6, 'UTC')}) + intDiv(number * 7862400000, {total:UInt64}) * 1000, 'UTC') AS occurred_at,
    occurred_at AS received_at,
    1 AS source_kind,
    'git' AS tool,
    '2.49' AS tool_version,
    concat('machine-', toString(who % 5000)) AS machine,
    concat('github.com/own/', toString(cityHash64(number, 3) % 200)) AS project,
    if(cityHash64(number, 4) % 4 = 0, [concat('pkg:npm/p', toString(toUInt64(5000 * pow((cityHash64(number, 5) % 100000) / 100000, 3))), '@1.', toString(kind % 7))], []) AS packages,
    length(packages) AS package_rows,
    '' AS session_id,
    concat('{"branch":"', ['main', 'next', 'fix', 'release'][1 + who % 4], '","language":"', ['go', 'typescript', 'python', 'rust'][1 + kind % 4], '","ok":true,"seconds":', toString(who % 900), '}') AS properties,
    1 + intDiv(number, 100000) AS block_id
FROM (
    SELECT
        number,
        cityHash64(number, 1) % 20000 AS who,
        cityHash64(number, 2) % 100 AS kind
    FROM numbers({first:UInt64}, {count:UInt64})
)
