package torture

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// pulse measures for how long nobody was told that the database has her events: how long the service takes to notice what happened and to mend it.
type pulse struct {
	log io.Writer
	now func() time.Time

	mu      sync.Mutex
	last    time.Time
	longest time.Duration
}

// noticeable is a pause that is told of.
const noticeable = 5 * time.Second

// beat says that somebody was told.
func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	pause := now.Sub(p.last)
	p.last, p.longest = now, max(p.longest, pause)
	if pause > noticeable {
		_, _ = fmt.Fprintf(p.log, "     nothing was stored for %s\n", pause.Round(100*time.Millisecond))
	}
}

// pause is the longest time without a beat.
func (p *pulse) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest
}
