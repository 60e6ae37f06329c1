package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// pageShape is a part of a list of actors, as page.sql cuts it out.
type pageShape struct{ After, Limit string }

func (st *statement) page(p insight.ActorPage) pageShape {
	return pageShape{After: st.text(p.After), Limit: st.bind("UInt64", strconv.Itoa(p.Limit))}
}

// actors asks for one column of actors.
func (s *Store) actors(ctx context.Context, name string, shape any, st *statement) ([]string, error) {
	var list []string
	err := s.ask(ctx, name, shape, st, func(rows driver.Rows) error {
		var actor string
		err := rows.Scan(&actor)
		list = append(list, actor)
		return err
	})
	return list, err
}

// bucketRange is the time of a bucket, cut to the range of the question.
func bucketRange(buckets []time.Time, within events.Range, i int) events.Range {
	r := events.Range{Start: buckets[i], End: within.End}
	if i+1 < len(buckets) {
		r.End = buckets[i+1]
	}
	if r.Start.Before(within.Start) {
		r.Start = within.Start
	}
	return r
}
