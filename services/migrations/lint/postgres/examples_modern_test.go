package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint/postgres"
	"devtrail.dev/services/migrations/lint/rule"
)

// modernExamples are statements of Postgres 18, which the grammar of 17 refuses.
var modernExamples = []example{
	yes("unparsed-statement", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2) VIRTUAL"),
	no("unparsed-statement", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2) VIRTUAL").at("18"),
	no("adding-generated-stored-column", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2) VIRTUAL").at("18"),
	no("adding-generated-stored-column", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2)").at("18"),
	yes("adding-generated-stored-column", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2) STORED").at("18"),
	no("adding-required-field", "ALTER TABLE orders ADD COLUMN net numeric NOT NULL GENERATED ALWAYS AS (total * 2) VIRTUAL").at("18"),
	yes("adding-column-inline-check", "ALTER TABLE orders ADD COLUMN net numeric NOT NULL GENERATED ALWAYS AS (total * 2) VIRTUAL").at("18"),
	yes("adding-column-inline-check", `ALTER TABLE orders ADD IF NOT EXISTS "net" numeric GENERATED ALWAYS AS (coalesce(total, 2)) NOT NULL`).at("18"),
	no("adding-column-inline-check", "ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS ((total IS NOT NULL)::int) VIRTUAL, ADD CONSTRAINT n NOT NULL state NOT VALID").at("18"),
	no("adding-column-inline-check", "CREATE TABLE made (id bigint PRIMARY KEY, twice bigint GENERATED ALWAYS AS (id * 2) VIRTUAL NOT NULL)").at("18"),
	no("adding-not-nullable-field", "ALTER TABLE orders ADD CONSTRAINT n NOT NULL state NOT VALID").at("18"),
	no("constraint-missing-not-valid", "ALTER TABLE orders ADD CONSTRAINT n NOT NULL state NOT VALID").at("18"),
	yes("adding-not-nullable-field", "ALTER TABLE orders ADD CONSTRAINT n NOT NULL state").at("18"),
	yes("adding-not-nullable-field", `ALTER TABLE orders ADD NOT NULL "state"`).at("18"),
	no("adding-not-nullable-field", "ALTER TABLE orders ALTER state SET NOT NULL").on(orders + "ALTER TABLE orders ADD CONSTRAINT n NOT NULL state NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT n;").at("18"),
	yes("validate-in-same-transaction", "ALTER TABLE orders ADD CONSTRAINT n NOT NULL state NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT n").at("18").in(),
	no("constraint-missing-not-valid", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT ENFORCED").at("18"),
	no("adding-foreign-key-constraint", "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id) NOT ENFORCED").at("18"),
	yes("constraint-missing-not-valid", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) ENFORCED").at("18"),
	yes("unparsed-statement", "ALTER TABLE orders ALTER CONSTRAINT f ENFORCED").at("18"),
	yes("unparsed-statement", "ALTER TABLE orders ADD COLUMN a int CHECK (a > 0) NOT ENFORCED").at("18"),
	yes("adding-serial-primary-key-field", "ALTER TABLE stays ADD PRIMARY KEY (room, during WITHOUT OVERLAPS)").at("18"),
	yes("disallowed-unique-constraint", "ALTER TABLE stays ADD CONSTRAINT u UNIQUE (room, during WITHOUT OVERLAPS)").at("18"),
	yes("adding-foreign-key-constraint", "ALTER TABLE stays ADD FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD valid)").at("18"),
	no("table-without-primary-key", "CREATE TABLE stays (room bigint, during daterange, PRIMARY KEY (room, during WITHOUT OVERLAPS))").at("18"),
	no("unparsed-statement", "CREATE TABLE stays (room bigint, CONSTRAINT n NOT NULL room)").at("18"),
	yes("impacts-performance", "ANALYZE ONLY orders").at("18"),
	yes("ban-char-field", "CREATE TABLE a (b char(9), c bigint array[])"),
	no("ban-char-field", "CREATE TABLE a (b character varying(9), c bigint array[])"),
	yes("prefer-text-field", "CREATE TABLE a (b character varying(9), c bigint array[])"),
	no("prefer-timestamp-tz", "CREATE TABLE a (b timestamp(3) with time zone, c bigint array[])"),
	yes("unparsed-statement", "ALTER TABLE events SPLIT PARTITION p INTO (PARTITION a FOR VALUES FROM (1) TO (2))").at("19"),
}

// sequenceExamples are statements of several commands, which see each other's effect.
var sequenceExamples = []example{
	yes("changing-column-type", "ALTER TABLE orders ADD COLUMN code varchar(9), ALTER COLUMN total TYPE text").on(orders),
	no("changing-column-type-with-check-constraint", "ALTER TABLE orders DROP CONSTRAINT orders_total_check, ALTER COLUMN total TYPE numeric(12,2)").on(orders),
	yes("changing-column-type-with-check-constraint", "ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2), ALTER COLUMN state SET NOT NULL").on(orders),
	no("primary-key-on-nullable-column", "ALTER TABLE n ALTER id SET NOT NULL, ADD PRIMARY KEY (id)").on("CREATE TABLE n (id bigint)"),
	yes("adding-not-nullable-field", "ALTER TABLE orders ADD CONSTRAINT n CHECK (state IS NOT NULL), ALTER state SET NOT NULL").on(orders),
	yes("adding-not-nullable-field", "ALTER TABLE orders ADD COLUMN memo text, ALTER memo SET NOT NULL").on(orders),
	no("adding-not-nullable-field", "ALTER TABLE orders VALIDATE CONSTRAINT orders_state_not_null; ALTER TABLE orders ALTER state SET NOT NULL"),
	yes("adding-not-nullable-field", "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check; ALTER TABLE orders ALTER state SET NOT NULL"),
	yes("adding-not-nullable-field", "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_not_null; ALTER TABLE orders ALTER state SET NOT NULL"),
}

const ranged = "CREATE TABLE events (at date NOT NULL, id bigint) PARTITION BY RANGE (at); CREATE TABLE p (at date NOT NULL, id bigint);"

var attachExamples = []example{
	no("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')").on(ranged + "ALTER TABLE p ADD CHECK (at >= '2026-01-01' AND at < DATE '2026-02-01')"),
	no("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)").on(ranged + "ALTER TABLE p ADD CHECK ('2026-01-02'::date <= at)"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')").on(ranged + "ALTER TABLE p ADD CHECK (at >= '2026-01-01' AND at < '2026-03-01')"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')").on(ranged + "ALTER TABLE p ADD CHECK (at >= '2026-01-01' AND at <= '2026-02-01')"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')").on(ranged + "ALTER TABLE p ADD CHECK (id >= 1 AND id < 2)"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')").on(ranged + "ALTER TABLE p ADD CONSTRAINT k CHECK (at >= '2026-01-01' AND at < '2026-02-01') NOT VALID"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p DEFAULT").on(ranged + "ALTER TABLE p ADD CHECK (at >= '2026-01-01')"),
	no("attach-partition-scan", "ALTER TABLE shops ATTACH PARTITION de FOR VALUES IN ('de', 'at')").on("CREATE TABLE shops (c text) PARTITION BY LIST (c); CREATE TABLE de (c text, CHECK (c IS NOT NULL), CHECK (c IN ('at', 'de')))"),
	yes("attach-partition-scan", "ALTER TABLE shops ATTACH PARTITION de FOR VALUES IN ('de')").on("CREATE TABLE shops (c text) PARTITION BY LIST (c); CREATE TABLE de (c text NOT NULL, CHECK (c = ANY (ARRAY['at', 'de'])))"),
	yes("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES WITH (MODULUS 4, REMAINDER 0)").on("CREATE TABLE events (id bigint) PARTITION BY HASH (id); CREATE TABLE p (id bigint NOT NULL CHECK (id > 0))"),
	no("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM (-10) TO (100)").on("CREATE TABLE p (id bigint NOT NULL CHECK (id BETWEEN -10 AND 99))"),
}

// TestStatementsOfPostgres18KeepTheirEffects compares effects through the translation.
func TestStatementsOfPostgres18KeepTheirEffects(t *testing.T) {
	setup := []rule.File{{Name: "a", SQL: orders}}
	for sql, want := range map[string]postgres.Effect{
		"ALTER TABLE orders ADD COLUMN net numeric GENERATED ALWAYS AS (total * 2) VIRTUAL":   {Table: "orders", Lock: postgres.AccessExclusive},
		"ALTER TABLE orders ADD net numeric GENERATED ALWAYS AS (total * 2) VIRTUAL NOT NULL": {Table: "orders", Lock: postgres.AccessExclusive, Scan: true},
		"ALTER TABLE orders ADD CONSTRAINT n NOT NULL state NOT VALID":                        {Table: "orders", Lock: postgres.AccessExclusive},
		"ALTER TABLE orders ADD CONSTRAINT n NOT NULL state":                                  {Table: "orders", Lock: postgres.AccessExclusive, Scan: true},
		"ALTER TABLE orders SPLIT PARTITION a INTO (b)":                                       {Table: "orders", Lock: postgres.AccessExclusive, Scan: true, Rewrite: true},
	} {
		effects := postgres.Effects(setup, rule.File{Name: "b", SQL: sql}, rule.Options{ServerVersion: "18"})
		require.Len(t, effects, 1)
		require.Len(t, effects[0], 1, sql)
		got := effects[0][0]
		require.Equal(t, want, postgres.Effect{Table: got.Table, Lock: got.Lock, Scan: got.Scan, Rewrite: got.Rewrite}, sql)
	}
}
