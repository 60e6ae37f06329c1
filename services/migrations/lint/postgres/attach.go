package postgres

import (
	"cmp"
	"slices"
	"strconv"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// partitionKey notes what a partitioned table is cut by.
func (t *table) partitionKey(spec *pg.PartitionSpec) {
	t.strategy = spec.GetStrategy()
	for _, p := range spec.GetPartParams() {
		column := p.GetPartitionElem().GetName()
		if column == "" {
			t.keys = nil
			return
		}
		t.keys = append(t.keys, column)
	}
}

// attachProven reports whether validated CHECKs of the child, with its NOT NULLs, imply the bound, so that ATTACH reads no rows. Keys of one
// column and bounds of constants are compared; everything else is not proven. Where the parent's key is not known, any column may be it.
func (s *schema) attachProven(parent name, p *pg.PartitionCmd) bool {
	child := s.table(rangeName(p.GetName()))
	t := s.table(parent)
	if child == nil || (t != nil && t.hasDefault && !p.GetBound().GetIsDefault()) {
		return false
	}
	facts := child.facts()
	keys := []string{}
	for _, f := range facts {
		keys = append(keys, f.column)
	}
	if t != nil && t.partitioned && t.known {
		if len(t.keys) != 1 {
			return false
		}
		keys = t.keys
	}
	return slices.ContainsFunc(keys, func(key string) bool { return child.neverNull(key) && implies(facts, key, p.GetBound()) })
}

// neverNull reports whether the column, or a validated CHECK, rules NULL out.
func (t *table) neverNull(column string) bool {
	c := t.column(column)
	return (c != nil && c.notNull) || t.provenNotNull(column)
}

// implies reports whether the facts confine the column to the bound.
func implies(facts []fact, column string, bound *pg.PartitionBoundSpec) bool {
	var list []constant
	for _, n := range bound.GetListdatums() {
		v, ok := constantOf(n)
		if !ok {
			return false
		}
		list = append(list, v)
	}
	switch bound.GetStrategy() {
	case "l":
		return slices.ContainsFunc(facts, func(f fact) bool {
			return f.column == column && f.operator == "=" && all(f.values, func(v constant) bool {
				return slices.ContainsFunc(list, func(in constant) bool { return v.same(in) })
			})
		})
	case "r":
		return len(bound.GetLowerdatums()) == 1 && len(bound.GetUpperdatums()) == 1 &&
			reaches(facts, column, bound.GetLowerdatums()[0], 1) && reaches(facts, column, bound.GetUpperdatums()[0], -1)
	default:
		return false
	}
}

// reaches reports whether a fact keeps the column at or above a lower limit (side 1), or below an upper one (side -1).
func reaches(facts []fact, column string, limit *pg.Node, side int) bool {
	if k := limit.GetPartitionRangeDatum(); k != nil {
		if k.GetKind() != pg.PartitionRangeDatumKind_PARTITION_RANGE_DATUM_VALUE {
			return true // MINVALUE, MAXVALUE
		}
		limit = k.GetValue()
	}
	if parts := texts(limit.GetColumnRef().GetFields()); len(parts) == 1 && (parts[0] == "minvalue" || parts[0] == "maxvalue") {
		return true
	}
	end, ok := constantOf(limit)
	if !ok {
		return false
	}
	return slices.ContainsFunc(facts, func(f fact) bool {
		if f.column != column {
			return false
		}
		return all(f.values, func(v constant) bool {
			order, ok := v.compare(end)
			switch {
			case !ok:
				return false
			case side > 0:
				return order >= 0 && slices.Contains([]string{">=", ">", "="}, f.operator)
			default:
				return (order < 0 && slices.Contains([]string{"<=", "="}, f.operator)) || (order <= 0 && f.operator == "<")
			}
		})
	})
}

// fact is what a validated CHECK says of a column: it stands in this relation to one of the values.
type fact struct {
	column, operator string
	values           []constant
}

// facts returns the comparisons with constants that validated CHECKs demand.
func (t *table) facts() []fact {
	var list []fact
	for _, k := range t.constraints {
		if k.kind == pg.ConstrType_CONSTR_CHECK && k.validated {
			list = append(list, factsIn(k.expr)...)
		}
	}
	return list
}

// mirrored are the operators with their sides changed.
var mirrored = map[string]string{"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

func factsIn(n *pg.Node) []fact {
	var list []fact
	if b := n.GetBoolExpr(); b.GetBoolop() == pg.BoolExprType_AND_EXPR {
		for _, a := range b.GetArgs() {
			list = append(list, factsIn(a)...)
		}
		return list
	}
	e := n.GetAExpr()
	operators := texts(e.GetName())
	if e == nil || len(operators) == 0 {
		return nil
	}
	operator, left, right := operators[len(operators)-1], e.GetLexpr(), e.GetRexpr()
	if columnName(left) == "" && columnName(right) != "" && mirrored[operator] != "" {
		operator, left, right = mirrored[operator], right, left
	}
	column := columnName(left)
	if column == "" {
		return nil
	}
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_OP:
		if v, ok := constantOf(right); ok && mirrored[operator] != "" {
			return []fact{{column, operator, []constant{v}}}
		}
	case pg.A_Expr_Kind_AEXPR_IN:
		if v, ok := constantsOf(right.GetList().GetItems()); ok && operator == "=" {
			return []fact{{column, "=", v}}
		}
	case pg.A_Expr_Kind_AEXPR_OP_ANY:
		if v, ok := constantsOf(right.GetAArrayExpr().GetElements()); ok && operator == "=" {
			return []fact{{column, "=", v}}
		}
	case pg.A_Expr_Kind_AEXPR_BETWEEN:
		if v, ok := constantsOf(right.GetList().GetItems()); ok && len(v) == 2 {
			return []fact{{column, ">=", v[:1]}, {column, "<=", v[1:]}}
		}
	}
	return nil
}

// columnName returns the name when the node is a column, cast or not.
func columnName(n *pg.Node) string {
	if cast := n.GetTypeCast(); cast != nil {
		n = cast.GetArg()
	}
	parts := texts(n.GetColumnRef().GetFields())
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// constant is a number, or a text as it stands: dates and times in ISO order compare as texts of one length.
type constant struct {
	text    string
	number  float64
	numeric bool
}

// constantOf reads a constant, cast or not.
func constantOf(n *pg.Node) (constant, bool) {
	if cast := n.GetTypeCast(); cast != nil {
		n = cast.GetArg()
	}
	if d := n.GetPartitionRangeDatum(); d != nil {
		n = d.GetValue()
	}
	sign := 1.0
	if e := n.GetAExpr(); e.GetLexpr() == nil && slices.Equal(texts(e.GetName()), []string{"-"}) {
		n, sign = e.GetRexpr(), -1
	}
	k := n.GetAConst()
	switch {
	case k == nil || k.GetIsnull():
		return constant{}, false
	case k.GetSval() != nil:
		return constant{text: k.GetSval().GetSval()}, true
	case k.GetFval() != nil:
		f, err := strconv.ParseFloat(k.GetFval().GetFval(), 64)
		return constant{number: sign * f, numeric: true}, err == nil
	case k.GetIval() != nil:
		return constant{number: sign * float64(k.GetIval().GetIval()), numeric: true}, true
	default:
		return constant{}, false
	}
}

func constantsOf(list []*pg.Node) ([]constant, bool) {
	var out []constant
	for _, n := range list {
		v, ok := constantOf(n)
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, len(out) > 0
}

func (c constant) same(o constant) bool {
	order, ok := c.compare(o)
	return ok && order == 0
}

// compare orders two constants; false when they cannot be compared without knowing their type.
func (c constant) compare(o constant) (int, bool) {
	switch {
	case c.numeric && o.numeric:
		return cmp.Compare(c.number, o.number), true
	case c.numeric != o.numeric:
		return 0, false
	case c.text == o.text:
		return 0, true
	case isISO(c.text) && isISO(o.text):
		n := min(len(c.text), len(o.text))
		if order := cmp.Compare(c.text[:n], o.text[:n]); order != 0 {
			return order, true
		}
		longer := c.text[n:] + o.text[n:]
		return 0, longer == "" || isMidnight(longer)
	default:
		return 0, false
	}
}

// isISO reports whether a text begins with a date such as 2026-01-31.
func isISO(s string) bool {
	if len(s) < len("2026-01-31") || s[4] != '-' || s[7] != '-' {
		return false
	}
	_, err := strconv.Atoi(s[:4])
	return err == nil
}

// isMidnight reports whether what stands behind a date is the beginning of that day.
func isMidnight(rest string) bool {
	return slices.Contains([]string{" 00:00", " 00:00:00", "T00:00:00", "T00:00:00Z", " 00:00:00+00", " 00:00:00+00:00", " 00:00:00Z", "+00", "Z"}, rest)
}
