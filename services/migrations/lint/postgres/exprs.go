package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// walk visits a node and all below it, in no particular order, until visit returns false for a branch.
func walk(n proto.Message, visit func(proto.Message) bool) {
	if n == nil || !n.ProtoReflect().IsValid() || !visit(n) {
		return
	}
	n.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Kind() != protoreflect.MessageKind {
			return true
		}
		if f.IsList() {
			for i := range v.List().Len() {
				walk(v.List().Get(i).Message().Interface(), visit)
			}
			return true
		}
		walk(v.Message().Interface(), visit)
		return true
	})
}

// columnsIn returns the names of the columns in an expression.
func columnsIn(n *pg.Node) []string {
	var list []string
	walk(n, func(m proto.Message) bool {
		if ref, ok := m.(*pg.ColumnRef); ok {
			if parts := texts(ref.GetFields()); len(parts) > 0 && !slices.Contains(list, parts[len(parts)-1]) {
				list = append(list, parts[len(parts)-1])
			}
		}
		return true
	})
	return list
}

// impliesNotNull reports whether an expression is, or demands among others, that the column IS NOT NULL.
func impliesNotNull(n *pg.Node, column string) bool {
	if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == pg.BoolExprType_AND_EXPR {
		return slices.ContainsFunc(b.GetArgs(), func(a *pg.Node) bool { return impliesNotNull(a, column) })
	}
	t, wanted := n.GetNullTest(), pg.NullTestType_IS_NOT_NULL
	if b := n.GetBoolExpr(); b.GetBoolop() == pg.BoolExprType_NOT_EXPR && len(b.GetArgs()) == 1 {
		t, wanted = b.GetArgs()[0].GetNullTest(), pg.NullTestType_IS_NULL
	}
	if t == nil || t.GetNulltesttype() != wanted {
		return false
	}
	parts := texts(t.GetArg().GetColumnRef().GetFields())
	return len(parts) > 0 && parts[len(parts)-1] == column
}

// stableFunctions are functions of Postgres that are not volatile and stand in defaults. A function with other arguments than these take
// (now(123)) is another function.
var stableFunctions = map[string][]int{
	"now": {0}, "transaction_timestamp": {0}, "statement_timestamp": {0}, "current_database": {0}, "current_schema": {0}, "current_setting": {1, 2},
	"version": {0}, "txid_current": {0}, "pg_current_xact_id": {0}, "inet_client_addr": {0}, "timezone": {1, 2}, "date_trunc": {2, 3}, "date_part": {2},
	"extract": {2}, "to_timestamp": {1, 2}, "to_date": {2}, "to_char": {2}, "to_number": {2}, "age": {1, 2}, "make_date": {3}, "make_interval": {0, 1, 2, 3, 4, 5, 6, 7},
	"make_timestamp": {6}, "make_timestamptz": {6, 7}, "justify_days": {1}, "justify_hours": {1}, "justify_interval": {1}, "lower": {1}, "upper": {1},
	"initcap": {1}, "md5": {1}, "sha256": {1}, "length": {1}, "char_length": {1}, "octet_length": {1}, "abs": {1}, "round": {1, 2}, "floor": {1}, "ceil": {1},
	"ceiling": {1}, "trunc": {1, 2}, "mod": {2}, "power": {2}, "sqrt": {1}, "concat_ws": {2, 3, 4, 5}, "concat": {1, 2, 3, 4, 5}, "replace": {3}, "repeat": {2},
	"substr": {2, 3}, "substring": {2, 3}, "left": {2}, "right": {2}, "lpad": {2, 3}, "rpad": {2, 3}, "btrim": {1, 2}, "ltrim": {1, 2}, "rtrim": {1, 2},
	"encode": {2}, "decode": {2}, "jsonb_build_object": {0, 2, 4, 6, 8}, "jsonb_build_array": {0, 1, 2, 3, 4}, "json_build_object": {0, 2, 4, 6, 8},
	"json_build_array": {0, 1, 2, 3, 4}, "to_json": {1}, "to_jsonb": {1}, "string_to_array": {2, 3}, "array_fill": {2, 3}, "int4range": {2, 3}, "int8range": {2, 3},
	"numrange": {2, 3}, "daterange": {2, 3}, "tsrange": {2, 3}, "tstzrange": {2, 3}, "point": {1, 2}, "to_tsvector": {1, 2}, "ascii": {1}, "chr": {1},
	"quote_literal": {1}, "nullif": {2}, "num_nonnulls": {1, 2, 3}, "overlay": {3, 4}, "position": {2}, "translate": {3}, "session_user": {0}, "current_user": {0},
}

// volatileCall returns the name of a function in the expression that is, or may be, volatile; "" when there is none.
func (s *schema) volatileCall(n *pg.Node) string {
	found := ""
	walk(n, func(m proto.Message) bool {
		call, ok := m.(*pg.FuncCall)
		if !ok {
			return true
		}
		fn := listName(texts(call.GetFuncname()))
		if volatile, seen := s.volatile[fn.key()]; seen {
			if volatile {
				found = fn.base
			}
			return true
		}
		if fn.schema != "" && fn.schema != "pg_catalog" {
			found = fn.base
		} else if counts, stable := stableFunctions[fn.base]; !stable || !slices.Contains(counts, len(call.GetArgs())) {
			found = fn.base
		}
		return true
	})
	return found
}
