package clickhouse

import "strings"

// What the engine of a table does by a column of its arguments.
const (
	versionOfRows = "version of the rows"
	signOfRows    = "sign of the rows"
	deletedMark   = "mark of deleted rows"
)

// keyColumn says which key a column is part of, or what the engine needs it for; "" for neither.
func (t *table) keyColumn(name string) string {
	if t == nil {
		return ""
	}
	for _, key := range []struct {
		what string
		e    expr
	}{
		{"sorting key", t.order}, {"primary key", t.primary}, {"partition key", t.partition}, {"sampling key", t.sample},
	} {
		if key.e.uses(name) {
			return key.what
		}
	}
	for i, e := range t.engine.own() {
		if what := t.engine.roles(); i < len(what) && e.uses(name) {
			return what[i]
		}
	}
	return ""
}

// roles are what the engine needs its arguments for, in their order.
func (e *engine) roles() []string {
	switch {
	case !e.isMergeTree():
		return nil
	case strings.Contains(e.name, "Replacing"):
		return []string{versionOfRows, deletedMark}
	case strings.Contains(e.name, "Collapsing"): // with a version when it is a VersionedCollapsing
		return []string{signOfRows, versionOfRows}
	default:
		return nil
	}
}
