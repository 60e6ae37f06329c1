package reads

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema has two tables with a column name in common.
func testSchema(t *testing.T) *Schema {
	t.Helper()
	s, err := SchemaOf(fstest.MapFS{
		"0001_init.sql": {Data: []byte(`
CREATE TABLE people (id bigint PRIMARY KEY, name text, nick text, old text);
CREATE TABLE cars (id bigint, owner_id bigint, plate text);
CREATE TABLE gone (id bigint);
CREATE VIEW owners AS SELECT p.name FROM people AS p JOIN cars ON cars.owner_id = p.id;
CREATE FUNCTION plates() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT plate FROM cars; END $$;`)},
		"0002_more.sql": {Data: []byte(`
ALTER TABLE people ADD COLUMN age int, DROP COLUMN old;
ALTER TABLE people RENAME COLUMN nick TO nickname;
DROP TABLE gone;`)},
	})
	require.NoError(t, err)
	return s
}

func TestOf(t *testing.T) {
	s := testSchema(t)
	for sql, want := range map[string]string{
		"SELECT name FROM people":            "people.name",
		"SELECT * FROM cars":                 "cars.id cars.owner_id cars.plate",
		"SELECT p.* FROM people AS p, cars":  "people.age people.id people.name people.nickname",
		"SELECT count(*) FROM people":        "",
		"SELECT p FROM people AS p":          "people.age people.id people.name people.nickname",
		"SELECT row_to_json(cars) FROM cars": "cars.id cars.owner_id cars.plate",
		"SELECT x.a FROM people AS x (a)":    "people.age people.id people.name people.nickname",
		"SELECT p.id FROM people AS p JOIN cars AS c ON c.owner_id = p.id WHERE plate = $1":                                                                 "cars.owner_id cars.plate people.id",
		"SELECT 1 FROM people JOIN cars USING (id)":                                                                                                         "cars.id people.id",
		"SELECT 1 FROM people NATURAL JOIN cars":                                                                                                            "cars.id cars.owner_id cars.plate people.age people.id people.name people.nickname",
		"SELECT 1 FROM people p WHERE EXISTS (SELECT 1 FROM cars WHERE owner_id = p.id AND age > 3)":                                                        "cars.owner_id people.age people.id",
		"SELECT x.name FROM (SELECT plate AS name FROM cars) AS x":                                                                                          "cars.plate",
		"WITH c AS (SELECT plate FROM cars) SELECT name, plate FROM people, c":                                                                              "cars.plate people.name",
		"WITH people AS (SELECT name FROM people) SELECT name FROM people":                                                                                  "people.name",
		"SELECT name FROM people ORDER BY age":                                                                                                              "people.age people.name",
		"SELECT name FROM people UNION SELECT plate FROM cars":                                                                                              "cars.plate people.name",
		"SELECT l.plate FROM people p, LATERAL (SELECT plate FROM cars WHERE owner_id = p.id) AS l":                                                         "cars.owner_id cars.plate people.id",
		"INSERT INTO people (id, name) VALUES ($1, $2) RETURNING nickname":                                                                                  "people.id people.name people.nickname",
		"INSERT INTO cars VALUES (1, 2, 'x')":                                                                                                               "cars.id cars.owner_id cars.plate",
		"INSERT INTO cars DEFAULT VALUES":                                                                                                                   "",
		"INSERT INTO cars (id) SELECT id FROM people":                                                                                                       "cars.id people.id",
		"INSERT INTO people (id) VALUES (1) ON CONFLICT (name) DO UPDATE SET age = excluded.age":                                                            "people.age people.id people.name",
		"INSERT INTO people AS p (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = 1 WHERE p.nickname=''":                                                "people.age people.id people.nickname",
		"INSERT INTO cars (id) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING":                                                                           "cars.id cars.owner_id cars.plate",
		"UPDATE people SET name = $1 WHERE id = $2":                                                                                                         "people.id people.name",
		"UPDATE people SET (name, age) = (SELECT plate, id FROM cars)":                                                                                      "cars.id cars.plate people.age people.name",
		"UPDATE people SET name = plate FROM cars WHERE owner_id = people.id RETURNING people.*":                                                            "cars.owner_id cars.plate people.age people.id people.name people.nickname",
		"DELETE FROM people USING cars WHERE cars.owner_id = people.id":                                                                                     "cars.owner_id people.id",
		"MERGE INTO people p USING cars c ON p.id = c.owner_id WHEN MATCHED THEN UPDATE SET name = c.plate WHEN NOT MATCHED THEN INSERT (id) VALUES (c.id)": "cars.id cars.owner_id cars.plate people.id people.name",
		"COPY people (id, name) FROM STDIN":                                                                                                                 "people.id people.name",
		"COPY cars TO STDOUT":                                                                                                                               "cars.id cars.owner_id cars.plate",
		"COPY (SELECT age FROM people) TO STDOUT":                                                                                                           "people.age",
		"TRUNCATE people":                                      "",
		"SELECT name FROM owners":                              "cars.owner_id people.id people.name",
		"SELECT * FROM plates()":                               "cars.plate",
		"DECLARE c CURSOR FOR SELECT age FROM people":          "people.age",
		"EXPLAIN SELECT age FROM people":                       "people.age",
		"ALTER TABLE people ADD COLUMN other text":             "",
		"CREATE INDEX ON people (name)":                        "",
		"SELECT relname FROM pg_catalog.pg_class":              "",
		"CREATE TEMP TABLE t AS SELECT age FROM people":        "people.age",
		"SELECT ctid FROM people":                              "",
		"SELECT p.ctid FROM people AS p":                       "",
		"SELECT (p).age FROM people AS p":                      "people.age people.id people.name people.nickname",
		"SELECT name FROM public.people FOR UPDATE OF people":  "people.name",
		"SELECT age FROM people TABLESAMPLE system (1)":        "people.age",
		"SELECT name AS plate FROM people GROUP BY plate":      "people.name",
		"SELECT sum(age) OVER (PARTITION BY name) FROM people": "people.age people.name",
	} {
		got, err := s.Of(sql)
		require.NoError(t, err, sql)
		assert.Equal(t, want, strings.Join(got.Columns, " "), sql)
		assert.Empty(t, got.Unknown, sql)
	}
}

func TestOfNamesWhatTheSchemaLacks(t *testing.T) {
	s := testSchema(t)
	for sql, want := range map[string][]string{
		"SELECT 1 FROM nowhere":          {"nowhere"},
		"SELECT p.nick FROM people AS p": {"p.nick"},
		"SELECT 1 FROM gone":             {"gone"},
	} {
		got, err := s.Of(sql)
		require.NoError(t, err)
		assert.Equal(t, want, got.Unknown, sql)
	}
	_, err := s.Of("SELEC 1")
	require.ErrorContains(t, err, "syntax error")
	got, err := s.Of("TRUNCATE people")
	require.NoError(t, err)
	assert.Equal(t, []string{"people"}, got.Tables)
}

func TestNamedIsForTextThatIsNotRead(t *testing.T) {
	s := testSchema(t)
	assert.Equal(t, []string{"people.name"}, s.Named("??? People Name ..."))
	assert.Equal(t, []string{"cars.id", "cars.owner_id", "cars.plate"}, s.Named("SELECT * FROM cars WHERE ???"))
	assert.Empty(t, s.Named("SELECT peoples, names"))
}

func TestListReadsLiteralsTemplatesAndCopies(t *testing.T) {
	s := testSchema(t)
	list, err := List(fstest.MapFS{
		"store.go": {Data: []byte("package store\nconst from = ` FROM people`\nvar columns = []string{\"plate\"}\nfunc f() {\n" +
			"q(`SELECT name` + from, nil)\nlog(\"Select a colour from people\")\ntx.CopyFrom(ctx, pgx.Identifier{\"cars\"}, columns, rows)\n" +
			"tx.CopyFrom(ctx, pgx.Identifier{\"pg_temp\", \"t\"}, []string{\"x\"}, rows)\n}\n")},
		"store_test.go":      {Data: []byte("package store\nvar _ = `SELECT id FROM people`")},
		"queries/shared.sql": {Data: []byte(`{{define "more"}}{{if .More.Age}}, age{{end}}{{end}}`)},
		"queries/list.sql":   {Data: []byte("SELECT 1{{template \"more\" .}} FROM people WHERE {{range $i, $_ := .Nicks}}nickname = @nick_{{$i}} OR {{end}}false")},
	}, s)
	require.NoError(t, err)
	assert.Equal(t, head+"cars.plate\npeople.age\npeople.name\npeople.nickname\n", list)

	for text, want := range map[string]string{
		"var _ = `SELECT name FROM ` + table()":               "not made of constants alone",
		"var _ = `SELECT name FROM nowhere`":                  "no nowhere",
		"var _ = `SELECT name FROM people WHERE`":             "syntax error",
		"func f() { tx.CopyFrom(ctx, table, columns, rows) }": "CopyFrom does not get",
	} {
		_, err := List(fstest.MapFS{"store.go": {Data: []byte("package store\n" + text)}}, s)
		require.ErrorContains(t, err, want)
	}
	_, err = List(fstest.MapFS{"queries/a.sql": {Data: []byte("SELECT {{.Column}} FROM people")}}, s)
	require.ErrorContains(t, err, "is no variable")
	list, err = List(fstest.MapFS{"store.go": {Data: []byte("package store\nvar _ = `TRUNCATE cars`")}}, s)
	require.NoError(t, err)
	assert.Equal(t, head+"cars.*\n", list, "a table of which no column is used")
}
