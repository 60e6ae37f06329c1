package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/kit/serve"
)

// questionTimeout is how long a question may take when its caller's deadline allows more.
const questionTimeout = 15 * time.Second

// comment is what the server's log of queries says of a query. It has no values of the question.
type comment struct {
	Organization string `json:"organization,omitempty"`
	Kind         string `json:"kind"` // the file with the query
	RequestID    string `json:"request_id,omitempty"`
}

// undated hides a deadline, which the driver would turn into a limit later than the deadline itself.
type undated struct{ context.Context }

func (undated) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// bounded prepares the context of a query: its parameters, its id and comment, and for questions of an organization a limit that the server keeps,
// a little before the caller's deadline, so that there is still time to say why. Canceling the context ends the query on the server.
func (s *Store) bounded(ctx context.Context, kind string, p params, more clickhouse.Settings) (context.Context, context.CancelFunc, error) {
	c := comment{Organization: p["organization"], Kind: kind, RequestID: serve.RequestID(ctx)}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, nil, err
	}
	settings := clickhouse.Settings{"log_comment": string(text)}
	maps.Copy(settings, more)
	if c.Organization != "" {
		limit := questionTimeout
		if deadline, ok := ctx.Deadline(); ok {
			left := deadline.Sub(s.now())
			if left <= 0 {
				return nil, nil, context.DeadlineExceeded
			}
			limit = min(limit, left-min(left/10, 200*time.Millisecond))
		}
		settings["max_execution_time"] = limit.Seconds()
		settings["precise_float_parsing"] = 1 // a number form is the nearest float64
	}
	id := strings.Join([]string{c.Organization, kind, uuid.NewString()}, "_")
	ctx, cancel := context.WithCancel(undated{ctx})
	return clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters(p)), clickhouse.WithSettings(settings), clickhouse.WithQueryID(id)), cancel, nil
}

// ask runs a statement of an insight. What the question itself is to blame for is told apart from what the database is.
func (s *Store) ask(ctx context.Context, name string, shape any, st *statement, scan func(driver.Rows) error) error {
	var own error // of the caller, which is none of the database's
	err := s.run(ctx, name, shape, st.params, planning, func(rows driver.Rows) error {
		own = scan(rows)
		return own
	})
	if err != nil && errors.Is(err, own) {
		return own
	}
	return judge(ctx, err)
}

// begin enters the store with a question and looks whether overrides must be joined.
func (s *Store) begin(ctx context.Context, organization uuid.UUID) (overrides bool, err error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	return s.overridden(ctx, organization)
}
