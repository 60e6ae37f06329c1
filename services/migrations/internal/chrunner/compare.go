package chrunner

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Compare compares the definitions of all hosts. A difference is told of the host that has another one than most; Expected is theirs.
// On one server there is none.
func (e *Engine) Compare(ctx context.Context) ([]migrations.Difference, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return nil, err
	}
	return differences(ctx, hosts)
}

// compareHosts fails, naming host and object, when the hosts do not have the same definitions.
func compareHosts(ctx context.Context, hosts []*host) error {
	found, err := differences(ctx, hosts)
	if err != nil || len(found) == 0 {
		return err
	}
	d := found[0]
	i := slices.IndexFunc(hosts, func(h *host) bool { return h.name == d.Host })
	return migrations.ErrRefused.With("%s%s %s is not as on the other hosts: it is [%s] and should be [%s]; bring the host into line, and the run goes on (%d differences)",
		hosts[i].prefix(), d.Kind, d.Object, d.Actual, d.Expected, len(found))
}

// thing is an object or a column.
type thing struct{ kind, name string }

func differences(ctx context.Context, hosts []*host) ([]migrations.Difference, error) {
	if len(hosts) < 2 {
		return nil, nil
	}
	all := make([]map[thing]string, len(hosts))
	known := map[thing]bool{}
	for i, h := range hosts {
		var err error
		if all[i], err = h.things(ctx); err != nil {
			return nil, err
		}
		for t := range all[i] {
			known[t] = true
		}
	}
	var found []migrations.Difference
	for t := range known {
		usual := common(all, t)
		for i, h := range hosts {
			if all[i][t] != usual {
				found = append(found, migrations.Difference{Kind: t.kind, Object: t.name, Expected: usual, Actual: all[i][t], Host: h.name})
			}
		}
	}
	slices.SortFunc(found, func(a, b migrations.Difference) int {
		// Tables come before their columns, which differ with them.
		return cmp.Or(strings.Compare(b.Kind, a.Kind), strings.Compare(a.Object, b.Object), strings.Compare(a.Host, b.Host))
	})
	return found, nil
}

// common is the definition that most hosts have, of equally many the first host's.
func common(all []map[thing]string, t thing) string {
	count := map[string]int{}
	for _, one := range all {
		count[one[t]]++
	}
	best := all[0][t]
	for _, one := range all {
		if count[one[t]] > count[best] {
			best = one[t]
		}
	}
	return best
}

// things returns the definitions of a host without the hidden tables of views and the runner's own.
func (h *host) things(ctx context.Context) (map[thing]string, error) {
	found := map[thing]string{}
	err := each(ctx, h.server, `
SELECT
    'table',
    name,
    formatQuerySingleLine(create_table_query)
FROM system.tables
WHERE database = {database:String}
  AND NOT startsWith(name, '.inner')
  AND name != {history:String}
UNION ALL
SELECT
    'column',
    concat(table, '.', name),
    concat(type, ' ', default_kind, ' ', default_expression, ' ', compression_codec)
FROM system.columns
WHERE database = {database:String}
  AND NOT startsWith(table, '.inner')
  AND table != {history:String}`, func(scan func(...any) error) error {
		var t thing
		var text string
		if err := scan(&t.kind, &t.name, &text); err != nil {
			return err
		}
		found[t] = strings.TrimSpace(text)
		return nil
	}, clickhouse.Named("database", h.database), clickhouse.Named("history", schema.HistoryTable))
	return found, h.away(err)
}
