package deliver

import (
	"sync"
	"time"

	"devtrail.dev/kit/pause"
)

const (
	defaultPatience = 2 * time.Minute
	// toldAfter is how long nothing goes on before that is told: less is part of any day.
	toldAfter = 3 * time.Second
)

// Patience is how long to go on trying while there is no progress. What is under way at once shares one: under a quota a batch may be refused
// again and again while its siblings are stored, and that is no reason to give up. It is safe for concurrent use.
type Patience struct {
	limit time.Duration
	now   func() time.Time
	tell  func(reason error)

	mu    sync.Mutex
	since time.Time // of the last progress of any
	told  bool      // after it
}

// NewPatience returns a Patience that ends after a time without progress; 0 means two minutes. Tell, unless nil, hears why there is none, once until there
// is some again, when that has lasted for some seconds.
func NewPatience(limit time.Duration, now func() time.Time, tell func(reason error)) *Patience {
	if limit <= 0 {
		limit = defaultPatience
	}
	return &Patience{limit: limit, now: now, tell: tell}
}

// Retry returns what paces the attempts at one thing.
func (p *Patience) Retry() *Retry {
	return &Retry{patience: p, began: p.now(), pauses: pause.Backoff{First: firstPause, Most: longestPause}}
}

// progress starts the clock anew, for all.
func (p *Patience) progress() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since, p.told = p.now(), false
}

// waited is for how long nothing has gone on, for one that began then and failed for a reason: before that nobody may have tried anything.
func (p *Patience) waited(began time.Time, reason error) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.since
	if since.Before(began) {
		since = began
	}
	waited := p.now().Sub(since)
	if p.tell != nil && !p.told && waited >= toldAfter {
		p.told = true
		p.tell(reason)
	}
	return waited
}
