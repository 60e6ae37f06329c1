package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/wakatime"
	"devtrail.dev/services/events/internal/wire"
)

// wakatimeWay takes the requests of editor plugins. They send their key as Basic credentials; the newer ones take only keys in the form of a UUID,
// so ours may stand in the path, before /api/v1.
var wakatimeWay = way{basic: true, inPath: true, queries: []string{"api_key"}, packed: 1 << 20, unpacked: 4 << 20}

// wakatimePaths are the two places where the API is served.
var wakatimePaths = []string{"/wakatime/api/v1", "/wakatime/{key}/api/v1"}

// mountWakatime serves what the plugins ask for. The answers of what is not kept here are small and valid: a plugin that gets none shows an error
// to its user.
func (d *Door) mountWakatime() {
	type object = map[string]any
	for _, base := range wakatimePaths {
		post := func(path string, handle func(context.Context, http.ResponseWriter, letter) error) {
			d.mount(base+path, endpoints{http.MethodPost: d.keyed(wakatimeWay, handle)})
		}
		get := func(path string, body any) {
			d.mount(base+path, endpoints{http.MethodGet: d.keyed(wakatimeWay, fixed(http.StatusOK, body))})
		}
		post("/users/current/heartbeats", d.heartbeat)
		post("/users/current/heartbeats.bulk", d.heartbeats)
		post("/users/current/file_experts", fixed(http.StatusOK, object{"data": []any{}}))
		post("/plugins/errors", fixed(http.StatusCreated, object{}))
		nothing := object{"digital": "0:00", "hours": 0, "minutes": 0, "text": "0 secs", "total_seconds": 0}
		get("/users/current", object{"data": object{"id": "current", "username": "current"}}) // by which a browser's extension sees that its key is good
		get("/users/current/statusbar/today", object{"data": object{"categories": []any{}, "grand_total": nothing}})
		get("/users/current/summaries", object{"data": []any{object{"grand_total": nothing}}})
		get("/users/current/goals/{goal}", object{"data": object{ // plugins read the last entry of the chart
			"chart_data": []any{object{"actual_seconds": 0, "actual_seconds_text": "0 secs"}}, "status": "pending",
		}})
	}
}

// fixed answers with the same body always.
func fixed(status int, body any) func(context.Context, http.ResponseWriter, letter) error {
	return func(_ context.Context, w http.ResponseWriter, _ letter) error {
		writeJSON(w, status, body)
		return nil
	}
}

// heartbeatData is a heartbeat in an answer.
type heartbeatData struct {
	ID     string  `json:"id"`
	Entity string  `json:"entity"`
	Type   string  `json:"type"`
	Time   float64 `json:"time"`
}

func (d *Door) sender(ctx context.Context, r *http.Request) wakatime.Sender {
	return wakatime.Sender{
		Credential: auth.MustCaller(ctx).CredentialID,
		Machine:    r.Header.Get("X-Machine-Name"),
		Received:   d.deps.Now(),
		TimeZone:   r.Header.Get("TimeZone"),
		UserAgent:  r.Header.Get("User-Agent"),
	}
}

// heartbeat takes one.
func (d *Door) heartbeat(ctx context.Context, w http.ResponseWriter, l letter) error {
	h, err := wakatime.One(l.body, d.sender(ctx, l.Request))
	if err != nil {
		return err
	}
	results, err := d.take(ctx, []ingest.Draft{h.Draft})
	if err != nil {
		return err
	}
	if results[0].Status == ingest.Rejected {
		return results[0].Err
	}
	writeJSON(w, http.StatusCreated, map[string]any{"data": dataOf(h)})
	return nil
}

// heartbeats takes many and answers with a pair for each: its body and its status. A plugin keeps those that are neither 201 nor 400 and sends them again.
func (d *Door) heartbeats(ctx context.Context, w http.ResponseWriter, l letter) error {
	list, err := wakatime.Many(l.body, d.sender(ctx, l.Request))
	if err != nil {
		return err
	}
	drafts := make([]ingest.Draft, len(list))
	for i, h := range list {
		drafts[i] = h.Draft
	}
	responses := make([][2]any, len(list))
	if len(drafts) > 0 {
		organization, err := auth.Organization(ctx)
		if err != nil {
			return err
		}
		results, err := d.deps.Intake.Capture(ctx, organization, drafts)
		if err != nil {
			return err
		}
		for i, r := range results {
			responses[i] = response(list[i], r)
		}
	}
	writeJSON(w, http.StatusCreated, map[string]any{"responses": responses})
	return nil
}

func response(h wakatime.Heartbeat, r ingest.Result) [2]any {
	switch r.Status {
	case ingest.Rejected:
		field, message := "heartbeat", "the heartbeat was rejected"
		if f, ok := errors.AsType[*fault.Fault](r.Err); ok {
			field, message = cmp.Or(f.FieldPath(), field), f.Message()
		}
		// By field: a browser's extension sends again, for good, whatever has an error beside it.
		return [2]any{map[string]any{"errors": map[string][]string{field: {message}}}, http.StatusBadRequest}
	case ingest.Retry:
		return [2]any{map[string]any{"error": wire.ErrRetry.Message()}, http.StatusServiceUnavailable}
	}
	return [2]any{map[string]any{"data": dataOf(h)}, http.StatusCreated}
}

func dataOf(h wakatime.Heartbeat) heartbeatData {
	return heartbeatData{ID: h.Draft.Event.ID.String(), Entity: h.Entity, Type: h.Type, Time: h.Time}
}
