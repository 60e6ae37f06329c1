package postgres

import (
	"regexp"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// name is the name of an object, as far as the text gives it.
type name struct {
	schema, base string
}

// key identifies the object in the model. The schema public is taken for the default one, since nearly every search_path has it so.
func (n name) key() string {
	if n.schema == "" || n.schema == "public" {
		return n.base
	}
	return n.schema + "." + n.base
}

// String returns the name as SQL.
func (n name) String() string {
	if n.schema == "" {
		return quote(n.base)
	}
	return quote(n.schema) + "." + quote(n.base)
}

// plain are the names that need no quotes (keywords apart, which a message may leave bare).
var plain = regexp.MustCompile(`^[a-z_][a-z0-9_$]*$`)

// quote returns s as an identifier of SQL.
func quote(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// quoteAll returns a list of identifiers as SQL.
func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

func rangeName(r *pg.RangeVar) name { return name{r.GetSchemaname(), r.GetRelname()} }

// listName reads a name from a list of parts.
func listName(parts []string) name {
	switch len(parts) {
	case 0:
		return name{}
	case 1:
		return name{base: parts[0]}
	default:
		return name{parts[len(parts)-2], parts[len(parts)-1]}
	}
}

// texts returns the strings of a list of nodes.
func texts(nodes []*pg.Node) []string {
	var list []string
	for _, n := range nodes {
		if s := n.GetString_(); s != nil {
			list = append(list, s.GetSval())
		}
	}
	return list
}

// objectName reads the name of a dropped or altered object, which the grammar gives in one of four shapes.
func objectName(n *pg.Node) name {
	switch {
	case n.GetList() != nil:
		return listName(texts(n.GetList().GetItems()))
	case n.GetString_() != nil:
		return name{base: n.GetString_().GetSval()}
	case n.GetTypeName() != nil:
		return listName(texts(n.GetTypeName().GetNames()))
	case n.GetObjectWithArgs() != nil:
		return listName(texts(n.GetObjectWithArgs().GetObjname()))
	default:
		return name{}
	}
}

// affixes are what Postgres puts behind the names of constraints, and what people put before or behind them.
var affixes = map[string]pg.ConstrType{
	"pk": pg.ConstrType_CONSTR_PRIMARY, "pkey": pg.ConstrType_CONSTR_PRIMARY, "primary": pg.ConstrType_CONSTR_PRIMARY,
	"uq": pg.ConstrType_CONSTR_UNIQUE, "uk": pg.ConstrType_CONSTR_UNIQUE, "unique": pg.ConstrType_CONSTR_UNIQUE, "uniq": pg.ConstrType_CONSTR_UNIQUE, "unq": pg.ConstrType_CONSTR_UNIQUE,
	"fk": pg.ConstrType_CONSTR_FOREIGN, "fkey": pg.ConstrType_CONSTR_FOREIGN, "foreign": pg.ConstrType_CONSTR_FOREIGN,
	"ck": pg.ConstrType_CONSTR_CHECK, "chk": pg.ConstrType_CONSTR_CHECK, "check": pg.ConstrType_CONSTR_CHECK,
	"excl": pg.ConstrType_CONSTR_EXCLUSION, "exclude": pg.ConstrType_CONSTR_EXCLUSION,
}

// guess is what a constraint's name says of its kind, for tables whose definition is not known. The end counts before the beginning, and what
// stands between (orders_api_key_fkey) does not count. ConstrType undefined when it says nothing.
func guess(constraint string) pg.ConstrType {
	parts := strings.FieldsFunc(strings.ToLower(constraint), func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
	if len(parts) == 0 {
		return pg.ConstrType_CONSTR_TYPE_UNDEFINED
	}
	last := parts[len(parts)-1]
	if kind, ok := affixes[last]; ok {
		return kind
	}
	if kind, ok := affixes[parts[0]]; ok {
		return kind
	}
	if last == "key" {
		return pg.ConstrType_CONSTR_UNIQUE
	}
	return pg.ConstrType_CONSTR_TYPE_UNDEFINED
}
