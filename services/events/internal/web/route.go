package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/events/internal/source/cloudevents"
)

// endpoint serves one method of one path. An error is answered by the door.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// endpoints are what a path takes, by method.
type endpoints map[string]endpoint

// preflightFor is how long a browser may believe the answer to a preflight; Chromium takes at most two hours.
const preflightFor = 2 * time.Hour

// mount serves a path, and answers preflights and other methods for it.
func (d *Door) mount(path string, byMethod endpoints) {
	methods := slices.Sorted(maps.Keys(byMethod))
	if byMethod[http.MethodOptions] == nil {
		methods = append(methods, http.MethodOptions)
	}
	allow := strings.Join(methods, ", ")
	d.handle(path, func(w http.ResponseWriter, r *http.Request) {
		d.cors(w, r)
		serve := byMethod[r.Method]
		switch {
		case r.Method == http.MethodOptions && (serve == nil || r.Header.Get("Access-Control-Request-Method") != ""):
			d.preflight(w, r, allow)
		case serve == nil:
			w.Header().Set("Allow", allow)
			d.fail(w, r, errMethod)
		default:
			if err := serve(w, r); err != nil {
				d.fail(w, r, err)
			}
		}
	})
}

// handle serves a pattern, and makes its series of internal errors: a rule on the growth of a series does not see its first value.
func (d *Door) handle(pattern string, serve http.HandlerFunc) {
	d.latency.WithLabelValues(pattern, strconv.Itoa(http.StatusInternalServerError))
	d.mux.HandleFunc(pattern, serve)
}

// cors lets a page of an allowed origin read the answer.
func (d *Door) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if len(d.cfg.Origins) == 0 || origin == "" {
		return
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	if d.cfg.allows(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", headerRequestID+", Retry-After")
	}
}

// allowedHeaders are those that a page may send everywhere. The plugin for the editor in a browser sets User-Agent, which some browsers ask for; the last three are those by which its traces go on here.
const allowedHeaders = "Authorization, Content-Type, Content-Encoding, TimeZone, User-Agent, X-Machine-Name, " + headerRequestID + ", " + auth.HeaderOrganization + ", traceparent, tracestate, baggage"

// attributeHeaders are the headers of a CloudEvent in the binary mode among those that a page asks for, to be added to a list: every extension has its own.
func attributeHeaders(asked string) string {
	var list strings.Builder
	for name := range strings.SplitSeq(strings.ToLower(asked), ",") {
		if name = strings.TrimSpace(name); cloudevents.IsHeader(name) {
			list.WriteString(", " + name)
		}
	}
	return list.String()
}

// preflight answers OPTIONS. Of an origin that is not allowed it says nothing, which a browser takes as no.
func (d *Door) preflight(w http.ResponseWriter, r *http.Request, allow string) {
	h := w.Header()
	h.Set("Allow", allow)
	if d.cfg.allows(r.Header.Get("Origin")) {
		h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Methods", allow)
		h.Set("Access-Control-Allow-Headers", allowedHeaders+attributeHeaders(r.Header.Get("Access-Control-Request-Headers")))
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(preflightFor.Seconds())))
	}
	w.WriteHeader(http.StatusNoContent)
}

// way is how a source presents itself: where its key may stand beside the bearer token, and how much it may send.
type way struct {
	basic    bool     // Basic, the key as user or as password
	queries  []string // query parameters that hold the key
	inPath   bool     // the path value "key"
	inBody   func(contentType string, body []byte) string
	packed   int64 // bytes as sent
	unpacked int64 // bytes after unpacking
	// small are tighter limits for some content types.
	small map[string]limits
}

type limits struct{ packed, unpacked int64 }

// letter is a request that was admitted and read.
type letter struct {
	*http.Request

	body        []byte
	contentType string // without parameters, lower case
}

// keyed admits the caller, reads the body and calls handle. A key in the body is read after the body, all others before it.
func (d *Door) keyed(wy way, handle func(ctx context.Context, w http.ResponseWriter, l letter) error) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		l := letter{Request: r, contentType: mediaType(r.Header.Get("Content-Type"))}
		token := wy.token(r)
		if token == "" && wy.inBody == nil {
			return errCredential
		}
		ctx := r.Context()
		var err error
		if token != "" {
			if ctx, err = d.admit(ctx, r, token); err != nil {
				return err
			}
		}
		most := limits{wy.packed, wy.unpacked}
		if tight, ok := wy.small[l.contentType]; ok {
			most = tight
		} else if token == "" {
			return errCredential // a key in the body is for the types that say so
		}
		if l.body, err = readBody(w, r, most); err != nil {
			return err
		}
		if token == "" {
			if ctx, err = d.admit(ctx, r, wy.inBody(l.contentType, l.body)); err != nil {
				return err
			}
		}
		return handle(ctx, w, l)
	}
}

func mediaType(value string) string {
	name, _, _ := strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(name))
}
