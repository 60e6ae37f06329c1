package hook

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"devtrail.dev/kit/fault"
)

// Receipt is the answer to a delivery that was taken.
type Receipt struct {
	// Status is stored, duplicate, rejected, ignored (the type of delivery says nothing to us) or unreadable.
	Status     string `json:"status"`
	Events     int    `json:"events"`
	Stored     int    `json:"stored"`
	Duplicates int    `json:"duplicates"`
	Rejected   int    `json:"rejected"`
}

// judge sums up what became of the events.
func (r *Receipt) judge() {
	switch {
	case r.Stored > 0:
		r.Status = stored
	case r.Rejected > 0:
		r.Status = rejected
	default:
		r.Status = duplicate
	}
}

// problem is the answer to a delivery that was not taken, as the HTTP door writes all of them.
type problem struct {
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

var (
	problemMethod    = problem{"INVALID_ARGUMENT", "METHOD_NOT_ALLOWED", "webhooks are taken by POST"}
	problemSignature = problem{"UNAUTHENTICATED", "SIGNATURE_INVALID", "the delivery needs a valid signature of the hook's secret"} // the same for none and a wrong one
	problemUnknown   = problem{"NOT_FOUND", "HOOK_UNKNOWN", "there is no such hook"}
)

// refusal is an error of reading a body.
type refusal struct {
	status  int
	outcome string
	problem problem
}

// Error is the message of the problem.
func (r *refusal) Error() string { return r.problem.Message }

func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	return http.StatusServiceUnavailable
}

func outcomeOf(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.outcome
	}
	return retried
}

func problemOf(err error) problem {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.problem
	}
	return problem{"UNAVAILABLE", "RETRY", errRetry.Message()}
}

// again asks for the delivery once more.
func again(w http.ResponseWriter, err error) {
	delay := retryAfter
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Retry() > 0 {
		delay = f.Retry()
	}
	setRetry(w, delay)
	answer(w, http.StatusServiceUnavailable, problem{"UNAVAILABLE", "RETRY", errRetry.Message()})
}

func setRetry(w http.ResponseWriter, delay time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(delay.Seconds())))))
}

// answer writes a value as JSON. A provider that is gone by then has nobody to tell.
func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // of our own structs: cannot be
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	h := w.Header()
	if status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		setRetry(w, retryAfter)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
