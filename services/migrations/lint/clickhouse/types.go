package clickhouse

import (
	"slices"
	"strconv"
	"strings"
)

// dataType is the type of a column.
type dataType struct {
	name string // as ClickHouse spells it, "" when the column has no type of its own
	args []expr
}

// synonyms are the names of types that other engines use, in upper case; ClickHouse reads them whatever their letter case.
var synonyms = map[string]string{
	"BIGINT": "Int64", "BINARY": "FixedString", "BLOB": "String", "BOOL": "Bool", "BOOLEAN": "Bool", "BYTEA": "String", "CHAR": "String", "CHARACTER": "String",
	"CLOB": "String", "DATE": "Date", "DATE32": "Date32", "DATETIME": "DateTime", "DATETIME32": "DateTime", "DATETIME64": "DateTime64", "DEC": "Decimal",
	"DECIMAL": "Decimal", "DOUBLE": "Float64", "ENUM": "Enum", "FIXED": "Decimal", "FLOAT": "Float32", "INET4": "IPv4", "INET6": "IPv6", "INT": "Int32",
	"INT1": "Int8", "INTEGER": "Int32", "JSON": "JSON", "LONGTEXT": "String", "MEDIUMINT": "Int32", "NUMERIC": "Decimal", "REAL": "Float32", "SIGNED": "Int64",
	"SINGLE": "Float32", "SMALLINT": "Int16", "TEXT": "String", "TIMESTAMP": "DateTime", "TINYINT": "Int8", "TINYTEXT": "String", "UNSIGNED": "UInt64",
	"UUID": "UUID", "VARBINARY": "String", "VARCHAR": "String", "VARCHAR2": "String",
}

// secondWords are those that make one type of two words.
var secondWords = []string{"PRECISION", "UNSIGNED", "SIGNED", "VARYING", "LARGE", "OBJECT"}

// dataType reads a type.
func (c *cursor) dataType() (dataType, bool) {
	first := c.peek(0)
	if c.done() || !first.isName() {
		return dataType{}, false
	}
	c.i++
	t := dataType{name: first.value()}
	if s, ok := synonyms[first.up]; ok {
		t.name = s
	}
	for slices.Contains(secondWords, c.peek(0).up) {
		if c.at("UNSIGNED") && !strings.HasPrefix(t.name, "U") {
			t.name = "U" + t.name
		}
		c.i++
	}
	if c.at("(") {
		inner, ok := c.group()
		if !ok {
			return t, false
		}
		for _, piece := range split(inner) {
			t.args = append(t.args, piece)
		}
		if t.name == "String" { // VARCHAR(20) is a String
			t.args = nil
		}
	}
	return t, true
}

// String returns the type written in one way.
func (t dataType) String() string {
	if len(t.args) == 0 {
		return t.name
	}
	var args []string
	for _, a := range t.args {
		args = append(args, join(a))
	}
	return t.name + "(" + strings.Join(args, ", ") + ")"
}

func (t dataType) known() bool { return t.name != "" }

// inner returns the type that Nullable, LowCardinality or Array wraps.
func (t dataType) inner() dataType {
	if len(t.args) != 1 {
		return dataType{}
	}
	c := cursor{tokens: t.args[0]}
	in, _ := c.dataType()
	return in
}

// plain takes Nullable and LowCardinality away.
func (t dataType) plain() dataType {
	for t.name == "Nullable" || t.name == "LowCardinality" {
		t = t.inner()
	}
	return t
}

func (t dataType) nullable() bool {
	return t.name == "Nullable" || (t.name == "LowCardinality" && t.inner().name == "Nullable")
}

// any reports whether the type or one inside it meets the condition.
func (t dataType) any(meets func(dataType) bool) bool {
	if meets(t) {
		return true
	}
	for _, a := range t.args {
		c := cursor{tokens: a}
		if in, ok := c.dataType(); ok && c.done() && in.any(meets) {
			return true
		}
		if c.i > 0 && !c.done() { // Tuple(a UInt8)
			if in, ok := c.dataType(); ok && c.done() && in.any(meets) {
				return true
			}
		}
	}
	return false
}

// The families of types.
func (t dataType) isInteger() bool {
	return strings.HasPrefix(t.name, "Int") || strings.HasPrefix(t.name, "UInt")
}

func (t dataType) isFloat() bool    { return strings.HasPrefix(t.name, "Float") || t.name == "BFloat16" }
func (t dataType) isDecimal() bool  { return strings.HasPrefix(t.name, "Decimal") }
func (t dataType) isEnum() bool     { return strings.HasPrefix(t.name, "Enum") }
func (t dataType) isDate() bool     { return t.name == "Date" || t.name == "Date32" }
func (t dataType) isDateTime() bool { return strings.HasPrefix(t.name, "DateTime") }
func (t dataType) isString() bool   { return t.name == "String" || t.name == "FixedString" }

// bits is the width of an integer, 0 for anything else.
func (t dataType) bits() int {
	if !t.isInteger() {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimLeft(t.name, "UInt"))
	return n
}

// number reads the i-th argument as a number, 0 when there is none.
func (t dataType) number(i int) int {
	if i >= len(t.args) || len(t.args[i]) != 1 {
		return 0
	}
	n, _ := strconv.Atoi(t.args[i][0].text)
	return n
}

// enum returns the values of an Enum by name.
func (t dataType) enum() map[string]string {
	values := map[string]string{}
	for i, a := range t.args {
		if len(a) > 0 {
			values[a[0].value()] = join(a[1:])
			if len(a) == 1 {
				values[a[0].value()] = "=" + strconv.Itoa(i+1)
			}
		}
	}
	return values
}
