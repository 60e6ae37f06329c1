package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// clickHouseObjects: tables are read without their columns, which are objects of their own. Tables whose names begin with a dot hold the rows
// of materialized views and are in their definitions. The database's own name is replaced, since it differs between databases that are alike.
const clickHouseObjects = `
WITH
    replaceAll(
        replaceRegexpAll(formatQuerySingleLine(t.create_table_query), concat('\\b', database, '\\.'), ''),
        concat('\'', database, '\''),
        '\'database\''
    ) AS whole,
    replaceRegexpAll(whole, ' UUID \'[0-9a-f-]+\'', '') AS text
SELECT
    multiIf(t.engine = 'View', 'view', t.engine = 'MaterializedView', 'materialized view', t.engine = 'Dictionary', 'dictionary', 'table') AS kind,
    t.name AS name,
    if(kind = 'table', concat(
        'ENGINE ', replaceAll(t.engine_full, concat('\'', database, '\''), '\'database\''),
        ' PARTITION BY ', t.partition_key, ' ORDER BY ', t.sorting_key, ' PRIMARY KEY ', t.primary_key, ' SAMPLE BY ', t.sampling_key,
        ' COMMENT ', t.comment
    ), text) AS definition
FROM system.tables AS t
WHERE database = {database:String}
  AND NOT is_temporary
  AND NOT startsWith(t.name, '.')
  AND NOT match(t.name, '^devtrail_(schema_|backfill)')
UNION ALL
SELECT
    'column',
    concat(c.table, '.', c.name),
    concat(
        '#', toString(c.position), ' ', c.type,
        if(c.default_kind = '', '', concat(' ', c.default_kind, ' ', c.default_expression)),
        if(c.compression_codec = '', '', concat(' ', c.compression_codec)),
        if(c.comment = '', '', concat(' COMMENT ', c.comment))
    )
FROM system.columns AS c
WHERE c.database = {database:String}
  AND NOT startsWith(c.table, '.')
  AND NOT match(c.table, '^devtrail_(schema_|backfill)')
UNION ALL
SELECT 'index', concat(i.table, '.', i.name), concat(i.type_full, ' ', i.expr, ' GRANULARITY ', toString(i.granularity))
FROM system.data_skipping_indices AS i
WHERE i.database = {database:String}
UNION ALL
SELECT 'projection', concat(p.table, '.', p.name), formatQuerySingleLine(p.query)
FROM system.projections AS p
WHERE p.database = {database:String}
`

// clickHouseTTL are the lifetimes and constraints, which the system tables do not have by themselves: they are read from the definitions.
const clickHouseTexts = `
SELECT t.name, formatQuerySingleLine(t.create_table_query)
FROM system.tables AS t
WHERE t.database = {database:String}
  AND t.engine NOT IN ('View', 'MaterializedView', 'Dictionary')
  AND NOT is_temporary
  AND NOT startsWith(t.name, '.')
  AND NOT match(t.name, '^devtrail_(schema_|backfill)')`

// ClickHouse reads the catalog of a database without the runner's own tables. The connection may be in any database.
func ClickHouse(ctx context.Context, conn driver.Conn, database string) (Catalog, error) {
	objects, err := chRows(ctx, conn, clickHouseObjects, database)
	if err != nil {
		return nil, err
	}
	texts, err := conn.Query(ctx, clickHouseTexts, clickhouse.Named("database", database))
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	defer texts.Close()
	for texts.Next() {
		var table, text string
		if err := texts.Scan(&table, &text); err != nil {
			return nil, err
		}
		objects = append(objects, inner(table, text)...)
	}
	if err := texts.Err(); err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	return ordered(objects), nil
}

func chRows(ctx context.Context, conn driver.Conn, sql, database string) (Catalog, error) {
	rows, err := conn.Query(ctx, sql, clickhouse.Named("database", database))
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	defer rows.Close()
	var objects Catalog
	for rows.Next() {
		var o Object
		if err := rows.Scan(&o.Kind, &o.Name, &o.Definition); err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, rows.Err()
}

// inner finds the column lifetimes and the constraints in the definition of a table, as the server writes it on one line.
func inner(table, text string) Catalog {
	var objects Catalog
	for _, item := range columnList(text) {
		first, rest, _ := strings.Cut(item, " ")
		if first == "CONSTRAINT" {
			name, definition, _ := strings.Cut(rest, " ")
			objects = append(objects, Object{Kind: "constraint", Name: table + "." + strings.Trim(name, "`"), Definition: definition})
			continue
		}
		if _, ttl, ok := strings.Cut(rest, " TTL "); ok {
			objects = append(objects, Object{Kind: "column ttl", Name: table + "." + strings.Trim(first, "`"), Definition: ttl})
		}
	}
	return objects
}

// columnList cuts what stands in the first parentheses of a definition at the commas that are in no inner parentheses and no quotes.
func columnList(text string) []string {
	start := strings.IndexByte(text, '(')
	if start < 0 {
		return nil
	}
	var items []string
	depth, quote, from := 0, byte(0), start+1
	for i := start; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '\'' || c == '`' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
			if depth == 0 {
				return append(items, strings.TrimSpace(text[from:i]))
			}
		case c == ',' && depth == 1:
			items = append(items, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return items
}
