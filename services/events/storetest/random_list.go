package storetest

import (
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// events asks for the events that a question sees, from the newest and from a random place on.
func (d *duel) events() {
	d.t.Helper()
	audience := d.audience()
	q := insight.EventsQuery{
		Question: insight.Question{Range: events.AllTime, Filter: audience.Filter, Properties: append(audience.Properties, d.filter(1)), By: audience.By},
		Limit:    1 + d.IntN(8),
	}
	page := d.listed(q)
	if len(page) == 0 {
		return
	}
	last := pick(d.Rand, page...)
	q.After = &events.Position{OccurredAt: last.OccurredAt, ID: last.ID}
	d.listed(q)
}

func (d *duel) listed(q insight.EventsQuery) []events.Event {
	d.t.Helper()
	want, err := d.want.Events(d.t.Context(), d.org, q)
	require.NoError(d.t, err)
	got, err := d.got.Events(d.t.Context(), d.org, q)
	require.NoError(d.t, err, "%s: events of %s", d.label, show(q))
	same(d, want, got, "events", q)
	return got
}
