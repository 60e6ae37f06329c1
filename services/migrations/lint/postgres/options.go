package postgres

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// flag reads an option that may be written alone, or with a boolean.
func flag(params []*pg.Node, name string) bool {
	for _, p := range params {
		d := p.GetDefElem()
		if d.GetDefname() != name {
			continue
		}
		switch {
		case d.GetArg() == nil:
			return true
		case d.GetArg().GetBoolean() != nil:
			return d.GetArg().GetBoolean().GetBoolval()
		case d.GetArg().GetInteger() != nil:
			return d.GetArg().GetInteger().GetIval() != 0
		default:
			v := strings.ToLower(d.GetArg().GetString_().GetSval())
			return v != "false" && v != "off" && v != "0" && v != "no"
		}
	}
	return false
}

func concurrently(params []*pg.Node) bool { return flag(params, "concurrently") }

func vacuumFull(v *pg.VacuumStmt) bool { return v.GetIsVacuumcmd() && flag(v.GetOptions(), "full") }

// target returns the table that a statement which the grammar refuses seems to speak of, with its first word.
func target(list []token) (name, string) {
	words := heads(list, 1)
	if len(words) == 0 {
		return name{}, ""
	}
	for i, t := range list {
		if t.kind == wordToken && strings.EqualFold(t.text, "TABLE") || (words[0] == "REPACK" && i == 0) {
			return nameAt(list[i+1:]), words[0]
		}
	}
	return name{}, words[0]
}

// nameAt reads the name at the beginning of the tokens, behind IF [NOT] EXISTS, ONLY and options in parentheses.
func nameAt(list []token) name {
	depth := 0
	for i, t := range list {
		switch {
		case t.kind == otherToken && t.text == "(":
			depth++
		case t.kind == otherToken && t.text == ")":
			depth--
		case depth > 0 || (t.kind == wordToken && skipped[strings.ToUpper(t.text)]):
		case t.kind == wordToken || t.kind == quotedToken:
			first := fold(t)
			if i+2 < len(list) && list[i+1].text == "." {
				return name{first, fold(list[i+2])}
			}
			return name{base: first}
		default:
			return name{}
		}
	}
	return name{}
}

var skipped = map[string]bool{"IF": true, "NOT": true, "EXISTS": true, "ONLY": true, "CONCURRENTLY": true, "VERBOSE": true}

func fold(t token) string {
	if t.kind == quotedToken {
		return t.text
	}
	return strings.ToLower(t.text)
}
