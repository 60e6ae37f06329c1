package web

import (
	"cmp"
	"io"
	"net/http"

	"devtrail.dev/kit/fault"
)

// healthPath is asked by those who spread requests over several instances.
const healthPath = "GET /healthz"

// health answers 200 while events are taken in here, and else 503 with the reason that they would get. Strangers may ask, so it says no more.
func (d *Door) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "ok"
	if err := d.deps.Health(r.Context()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = cmp.Or(fault.ReasonOf(err), "UNAVAILABLE")
	}
	_, _ = io.WriteString(w, text+"\n")
}
