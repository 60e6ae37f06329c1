package clickhouse

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/internal/querytag"
)

// undated hides a deadline, which the driver would turn into a limit later than the deadline itself.
type undated struct{ context.Context }

func (undated) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// bounded prepares the context of a query: its parameters, its id and comment, and for questions of an organization a limit that the server keeps,
// a little before the caller's deadline, so that there is still time to say why. Canceling the context ends the query on the server.
func (s *Store) bounded(ctx context.Context, kind string, p params, more clickhouse.Settings) (context.Context, context.CancelFunc, error) {
	tag := querytag.Of(ctx, uuid.Nil, kind)
	tag.Organization = p["organization"]
	settings := clickhouse.Settings{"log_comment": querytag.JSON("", tag)}
	if tag.Organization != "" {
		limit := s.limits.Time
		if deadline, ok := ctx.Deadline(); ok {
			left := deadline.Sub(s.now())
			if left <= 0 {
				return nil, nil, context.DeadlineExceeded
			}
			limit = min(limit, left-min(left/10, 200*time.Millisecond))
		}
		settings["max_execution_time"] = limit.Seconds()
		settings["max_memory_usage"] = s.limits.MemoryBytes
		settings["max_result_rows"] = s.limits.ResultRows // the server's own reaction is to throw
		settings["precise_float_parsing"] = 1             // a number form is the nearest float64
	}
	maps.Copy(settings, more)
	id := strings.Join([]string{tag.Organization, kind, uuid.NewString()}, "_")
	ctx, cancel := context.WithCancel(undated{ctx})
	return clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters(p)), clickhouse.WithSettings(settings), clickhouse.WithQueryID(id)), cancel, nil
}

// noted makes a context for a statement of the store's own, which belongs to no organization.
func noted(ctx context.Context, kind string, more ...clickhouse.QueryOption) context.Context {
	settings := clickhouse.Settings{"log_comment": querytag.JSON("", querytag.Of(ctx, uuid.Nil, kind))}
	return clickhouse.Context(ctx, append(more, clickhouse.WithSettings(settings))...)
}

// ask runs a statement of an insight. What the question itself is to blame for is told apart from what the database is. A question that trusted the columns
// of promoted properties and met an event without its value is asked again and looks into the JSON of such events.
func (s *Store) ask(ctx context.Context, name string, shape any, st *statement, scan func(driver.Rows) error) error {
	var own error // of the caller, which is none of the database's
	seen := false
	settings := clickhouse.Settings{}
	if st.keyed && !st.personal { // see "by_key"
		settings["optimize_use_projections"] = 0
	}
	once := func() error {
		return s.runWith(querytag.WithProperties(ctx, st.keys), name, shape, st.params, settings, func(rows driver.Rows) error {
			seen = true
			own = scan(rows)
			return own
		})
	}
	err := once()
	if code(err) == codeThrown && !seen && !st.doubtful {
		st.doubtful = true
		err = once()
	}
	if err != nil && errors.Is(err, own) {
		return own
	}
	return judge(ctx, err)
}
