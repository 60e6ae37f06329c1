package postgres

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/services/migrations/lint/rule"
)

// nameRules are the rules on identifiers and on domains.
func nameRules() []check {
	return []check{
		{rule.Rule{
			Name: "identifier-too-long", Severity: rule.Warning,
			Reason:      "Postgres cuts a name behind 63 bytes without an error, so two long names become one",
			Alternative: "a name of at most 63 bytes",
		}, identifierTooLong, nil},
		{rule.Rule{
			Name: "ban-duplicate-column-assignments", Severity: rule.Warning,
			Reason:      "a column that is named twice fails when the statement runs",
			Alternative: "name each column once",
		}, duplicateAssignments, nil},
		{rule.Rule{
			Name: "ban-create-domain-with-constraint", Severity: rule.Warning,
			Reason:      "the constraint of a domain cannot be changed without reading every table that uses it",
			Alternative: "the constraint on the column, added NOT VALID",
		}, func(c *context) {
			if d := c.node().GetCreateDomainStmt(); len(d.GetConstraints()) > 0 {
				c.report("the constraint of %s cannot be changed without reading every table that uses it", listName(texts(d.GetDomainname())))
			}
		}, nil},
		{rule.Rule{
			Name: "ban-alter-domain-with-add-constraint", Severity: rule.Warning,
			Reason:      "adding a constraint to a domain reads every table that uses it under SHARE",
			Alternative: "ALTER DOMAIN d ADD CONSTRAINT k CHECK (...) NOT VALID; or the constraint on the columns",
		}, func(c *context) {
			if d := c.node().GetAlterDomainStmt(); d.GetSubtype() == "C" && !d.GetDef().GetConstraint().GetSkipValidation() {
				c.report("every table with a column of %s is read under SHARE", listName(texts(d.GetTypeName())))
			}
		}, nil},
	}
}

// longestName is NAMEDATALEN-1, in bytes.
const longestName = 63

// identifierTooLong looks at the text: the grammar has cut the names in the tree.
func identifierTooLong(c *context) {
	for _, t := range c.stmt.tokens {
		if (t.kind == wordToken || t.kind == quotedToken) && len(t.text) > longestName {
			c.report("the name %s is %d bytes long and becomes %s", quote(t.text), len(t.text), quote(strings.ToValidUTF8(t.text[:longestName], "")))
		}
	}
}

// duplicateAssignments reports a column that is set, inserted, defined or returned into a table twice.
func duplicateAssignments(c *context) {
	n := c.node()
	var twice string
	walk(n, func(m proto.Message) bool {
		switch s := m.(type) {
		case *pg.UpdateStmt:
			twice = first(twice, repeated(s.GetTargetList()))
		case *pg.InsertStmt:
			twice = first(twice, repeated(s.GetCols()))
		case *pg.OnConflictClause:
			twice = first(twice, repeated(s.GetTargetList()))
		case *pg.MergeWhenClause:
			twice = first(twice, repeated(s.GetTargetList()))
		}
		return true
	})
	if twice == "" {
		twice = twiceIn(definedNames(n))
	}
	if twice != "" {
		c.report("%s is named twice, so the statement fails", quote(twice))
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// repeated returns a column that stands twice among targets. Parts of a column (a.x, a[1]) may stand beside each other.
func repeated(targets []*pg.Node) string {
	seen := map[string][]string{}
	for _, t := range targets {
		r := t.GetResTarget()
		var parts []string
		subscript := false
		for _, i := range r.GetIndirection() {
			if f := i.GetString_(); f != nil {
				parts = append(parts, f.GetSval())
			} else {
				subscript = true
			}
		}
		path := strings.Join(parts, ".")
		for _, other := range seen[r.GetName()] {
			if !subscript && (other == "" || path == "" || other == path) {
				return r.GetName()
			}
		}
		if !subscript {
			seen[r.GetName()] = append(seen[r.GetName()], path)
		}
	}
	return ""
}

// definedNames returns the names of the columns that a statement defines for a table or view.
func definedNames(n *pg.Node) []string {
	switch {
	case tableDefinition(n) != nil:
		var list []string
		for _, u := range columnsOf(n) {
			list = append(list, u.name)
		}
		return list
	case n.GetViewStmt() != nil:
		return outputNames(texts(n.GetViewStmt().GetAliases()), n.GetViewStmt().GetQuery().GetSelectStmt())
	case n.GetCreateTableAsStmt() != nil:
		return outputNames(texts(n.GetCreateTableAsStmt().GetInto().GetColNames()), n.GetCreateTableAsStmt().GetQuery().GetSelectStmt())
	case n.GetSelectStmt().GetIntoClause() != nil:
		return outputNames(nil, n.GetSelectStmt())
	default:
		return nil
	}
}

// outputNames returns the names of a query's columns, the first of them replaced by aliases. Where a star stands they are not known.
func outputNames(aliases []string, s *pg.SelectStmt) []string {
	for s.GetLarg() != nil {
		s = s.GetLarg()
	}
	var list []string
	for _, t := range s.GetTargetList() {
		n := outputName(t.GetResTarget())
		if n == "*" {
			return aliases
		}
		list = append(list, n)
	}
	if len(aliases) > len(list) {
		return aliases
	}
	copy(list, aliases)
	return list
}

// outputName is the name that Postgres gives a column of a query.
func outputName(r *pg.ResTarget) string {
	if r.GetName() != "" {
		return r.GetName()
	}
	return expressionName(r.GetVal())
}

func expressionName(v *pg.Node) string {
	switch {
	case v.GetColumnRef() != nil:
		fields := v.GetColumnRef().GetFields()
		if len(fields) == 0 || fields[len(fields)-1].GetAStar() != nil {
			return "*"
		}
		return fields[len(fields)-1].GetString_().GetSval()
	case v.GetFuncCall() != nil:
		return listName(texts(v.GetFuncCall().GetFuncname())).base
	case v.GetTypeCast() != nil:
		if inner := expressionName(v.GetTypeCast().GetArg()); inner != "?column?" {
			return inner
		}
		return listName(texts(v.GetTypeCast().GetTypeName().GetNames())).base
	case v.GetAIndirection() != nil:
		return expressionName(v.GetAIndirection().GetArg())
	case v.GetCaseExpr() != nil:
		return "case"
	case v.GetCoalesceExpr() != nil:
		return "coalesce"
	case v.GetAArrayExpr() != nil:
		return "array"
	case v.GetRowExpr() != nil:
		return "row"
	case v.GetSubLink() != nil:
		if list := outputNames(nil, v.GetSubLink().GetSubselect().GetSelectStmt()); len(list) == 1 {
			return list[0]
		}
		return "exists"
	case v.GetAConst() != nil, v.GetAExpr() != nil, v.GetBoolExpr() != nil, v.GetNullTest() != nil:
		return "?column?"
	default:
		return "*" // not known
	}
}

func twiceIn(list []string) string {
	seen := map[string]bool{}
	for _, n := range list {
		if seen[n] {
			return n
		}
		seen[n] = true
	}
	return ""
}
