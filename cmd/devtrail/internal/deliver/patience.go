package deliver

import (
	"sync"
	"time"

	"devtrail.dev/kit/pause"
)

const defaultPatience = 2 * time.Minute

// Patience is how long to go on trying while there is no progress. What is under way at once shares one: under a quota a batch may be refused
// again and again while its siblings are stored, and that is no reason to give up. It is safe for concurrent use.
type Patience struct {
	limit time.Duration
	now   func() time.Time

	mu    sync.Mutex
	since time.Time // of the last progress of any
}

// NewPatience returns a Patience that ends after a time without progress; 0 means two minutes.
func NewPatience(limit time.Duration, now func() time.Time) *Patience {
	if limit <= 0 {
		limit = defaultPatience
	}
	return &Patience{limit: limit, now: now}
}

// Retry returns what paces the attempts at one thing.
func (p *Patience) Retry() *Retry {
	return &Retry{patience: p, began: p.now(), pauses: pause.Backoff{First: firstPause, Most: longestPause}}
}

// progress starts the clock anew, for all.
func (p *Patience) progress() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = p.now()
}

// waited is for how long nothing has gone on, for one that began then: before that nobody may have tried anything.
func (p *Patience) waited(began time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.since
	if since.Before(began) {
		since = began
	}
	return p.now().Sub(since)
}
