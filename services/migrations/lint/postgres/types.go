package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// dataType is the type of a column.
type dataType struct {
	name  string // the catalogue's name: int4, varchar, bpchar; a schema other than pg_catalog stands before it
	mods  []int  // length, precision and scale; interval keeps its precision only
	array bool
}

// aliases are the spellings that the grammar leaves as they are.
var aliases = map[string]string{
	"int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "character varying": "varchar", "decimal": "numeric",
	"serial4": "serial", "serial8": "bigserial", "serial2": "smallserial",
}

// typeOf reads a type.
func typeOf(t *pg.TypeName) dataType {
	if t == nil {
		return dataType{}
	}
	n := listName(texts(t.GetNames()))
	d := dataType{name: n.base, array: len(t.GetArrayBounds()) > 0}
	if alias, ok := aliases[d.name]; ok {
		d.name = alias
	}
	if n.schema != "" && n.schema != "pg_catalog" && n.schema != "public" {
		d.name = n.schema + "." + d.name
	}
	for _, m := range t.GetTypmods() {
		d.mods = append(d.mods, int(m.GetAConst().GetIval().GetIval()))
	}
	if d.name == "interval" { // the first number is the set of fields
		if len(d.mods) == 2 {
			d.mods = d.mods[1:]
		} else {
			d.mods = nil
		}
	}
	return d
}

// typeKey is the key of a type in the model.
func typeKey(t *pg.TypeName) string { return listName(texts(t.GetNames())).key() }

// cost is what a change of type does to the table.
type cost uint8

const (
	free    cost = iota // the catalogue only
	rescan              // indexes are rebuilt and the table is scanned
	rewrite             // heap and indexes are written anew
)

// changeCost says what a change from one type to another costs, by measured cases. indexed says that an index has the column; utc that
// the session's time zone is UTC; version is the server's.
func changeCost(from, to dataType, indexed, utc bool, version float64) cost {
	switch {
	case from.name == "" || from.array != to.array:
		return rewrite
	case from.name == to.name && slices.Equal(from.mods, to.mods):
		return free
	case from.array:
		return rewrite
	case slices.Contains(stringTypes, from.name) && slices.Contains(stringTypes, to.name):
		return stringCost(from, to, indexed)
	case from.name == "numeric" && to.name == "numeric":
		return freeIf(len(to.mods) == 0 || (len(from.mods) > 0 && to.mods[0] >= from.mods[0] && scale(from) == scale(to)))
	case from.name == to.name && slices.Contains(timeTypes, from.name):
		return freeIf(precision(to) >= precision(from))
	case (from.name == "timestamp" && to.name == "timestamptz") || (from.name == "timestamptz" && to.name == "timestamp"):
		return freeIf(utc && version >= 12 && precision(to) >= precision(from))
	case from.name == "cidr" && to.name == "inet":
		return free
	case (from.name == "varbit" && to.name == "varbit") && len(to.mods) == 0:
		return free
	default:
		return rewrite
	}
}

var (
	stringTypes = []string{"varchar", "text", "citext"}
	timeTypes   = []string{"timestamp", "timestamptz", "time", "timetz", "interval"}
)

// stringCost is changeCost among varchar, text and citext.
func stringCost(from, to dataType, indexed bool) cost {
	if len(to.mods) > 0 && (from.name != "varchar" || len(from.mods) == 0 || to.mods[0] < from.mods[0]) {
		return rewrite
	}
	if indexed && (from.name == "citext") != (to.name == "citext") {
		return rescan
	}
	return free
}

func freeIf(ok bool) cost {
	if ok {
		return free
	}
	return rewrite
}

func scale(d dataType) int {
	if len(d.mods) < 2 {
		return 0
	}
	return d.mods[1]
}

// precision of a time type: six digits when none is written.
func precision(d dataType) int {
	if len(d.mods) == 0 {
		return 6
	}
	return d.mods[0]
}

// isSerial reports whether the type is one of the pseudo types that make a sequence.
func (d dataType) isSerial() bool {
	return d.name == "serial" || d.name == "bigserial" || d.name == "smallserial"
}
