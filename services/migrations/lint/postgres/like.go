package postgres

import pg "github.com/pganalyze/pg_query_go/v6"

// The bits of LIKE ... INCLUDING, as the grammar numbers them.
const (
	includingConstraints = 1 << 2
	includingDefaults    = 1 << 3
	includingIndexes     = 1 << 6
)

// like copies what LIKE takes over: columns and NOT NULL always, the rest when it is included.
func (s *schema) like(t *table, l *pg.TableLikeClause) {
	from := rangeName(l.GetRelation())
	s.inherit(t, from)
	if l.GetOptions()&includingDefaults == 0 {
		for _, c := range t.columns {
			c.fallback = false
		}
	}
	source := s.table(from)
	if source == nil {
		return
	}
	for _, k := range source.constraints {
		key := k.kind == pg.ConstrType_CONSTR_PRIMARY || k.kind == pg.ConstrType_CONSTR_UNIQUE
		check := k.kind == pg.ConstrType_CONSTR_CHECK
		if (key && l.GetOptions()&includingIndexes != 0) || (check && l.GetOptions()&includingConstraints != 0) {
			copied := *k
			copied.validated = true
			t.constraints = append(t.constraints, &copied)
		}
	}
}
