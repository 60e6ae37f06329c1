package web

import (
	"context"
	"net/http"
	"strings"

	"devtrail.dev/services/events/internal/source/cloudevents"
)

const cloudeventsPath = "/cloudevents"

// cloudeventsWay takes CloudEvents. The delivery specification lets a sender that can set no header put its key into the query.
var cloudeventsWay = way{queries: []string{"access_token", "key"}, packed: 4 << 20, unpacked: 16 << 20}

// cloudevents takes one CloudEvent in the binary or structured mode, or a batch, and answers what became of each.
func (d *Door) cloudevents(ctx context.Context, w http.ResponseWriter, l letter) error {
	var list []cloudevents.Event
	var err error
	switch {
	case l.contentType == cloudevents.TypeBatch:
		list, err = cloudevents.Batch(l.body)
	case l.contentType == cloudevents.TypeEvent:
		list, err = one(cloudevents.Structured(l.body))
	case strings.HasPrefix(l.contentType, "application/cloudevents") || !cloudevents.IsBinary(l.Header):
		return formatUnknown(l.contentType, cloudevents.TypeEvent+", "+cloudevents.TypeBatch+" or any type with ce- headers")
	default:
		list, err = one(cloudevents.Binary(l.Header, l.body))
	}
	if err != nil {
		return err
	}
	drafts, places, err := cloudevents.Drafts(list, d.deps.Now())
	if err != nil {
		return err
	}
	results, err := d.take(ctx, drafts)
	if err != nil {
		return err
	}
	if err := rejected(results, places); err != nil {
		return err
	}
	body, err := answerResults(drafts, results)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, typeJSON, body)
	return nil
}

func one(e cloudevents.Event, err error) ([]cloudevents.Event, error) {
	return []cloudevents.Event{e}, err
}

// consent answers the validation handshake: a sender asks whether it may deliver here. Whoever holds a key may. The callback that a
// sender may name is not called: it could name anything.
func (d *Door) consent(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Allow", "POST, OPTIONS")
	origin := r.Header.Get("WebHook-Request-Origin")
	if origin == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if _, err := d.admit(r.Context(), r, cloudeventsWay.token(r)); err != nil {
		return err
	}
	h.Set("WebHook-Allowed-Origin", origin)
	h.Set("WebHook-Allowed-Rate", "*") // requests are limited by 429 and Retry-After
	w.WriteHeader(http.StatusOK)
	return nil
}
