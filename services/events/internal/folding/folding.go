// Package folding runs the background job that brings links and merges into the stored events, so that questions have few of them to look up.
// It stands beside ingest, before the store; what a fold is, and that it changes no answer, is the law of [events.Folds].
package folding

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/services/events"
)

// batch is how many identities one fold takes: a fold of ClickHouse costs the same for one and for all, and a statement names them all.
const batch = 10_000

// share is the part of the time that folding may take. On ClickHouse a fold costs by the size of the table and hardly by what is folded:
// where it takes long it comes seldom.
const share = 0.05

// gather is how long reassignments are waited for that follow the one that woke the job: a merge brings several, and one fold costs as much as another.
const gather = 100 * time.Millisecond

// Config says when to fold.
type Config struct {
	// Interval is how often the job looks when nothing wakes it; 0: it never folds. After a fold it rests twenty times as long as that took.
	Interval time.Duration `env:"INTERVAL" envDefault:"10s"`
	// Threshold is how many reassigned identities must be pending before they are folded.
	Threshold int `env:"THRESHOLD" envDefault:"1"`
}

// Job folds from time to time.
type Job struct {
	config    Config
	logger    *slog.Logger
	now       func() time.Time
	store     events.Folds
	elsewhere func() bool   // another instance takes events in, or may do so
	wake      chan struct{} // holds a token when something was reassigned
	pending   prometheus.Gauge
	folded    prometheus.Counter
	seconds   prometheus.Counter
	failed    prometheus.Counter
}

// New returns a job whose metrics are the job's own to register: it is a prometheus.Collector. While elsewhere is true, because another instance takes events
// in or nobody knows which does, this one does not fold: a fold has to see which inserts are under way.
func New(store events.Folds, config Config, elsewhere func() bool, logger *slog.Logger, now func() time.Time) *Job {
	gauge := prometheus.GaugeOpts{Name: "devtrail_events_overrides_pending", Help: "Identities with a reassignment that questions look up, when the job last looked."}
	return &Job{
		config: config, elsewhere: elsewhere, logger: logger, now: now, store: store, wake: make(chan struct{}, 1),
		failed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "devtrail_events_fold_failures_total", Help: "Folds that ended in an error; the next takes them up."}),
		folded:  prometheus.NewCounter(prometheus.CounterOpts{Name: "devtrail_events_overrides_folded_total", Help: "Reassignments that were brought into the events."}),
		pending: prometheus.NewGauge(gauge),
		seconds: prometheus.NewCounter(prometheus.CounterOpts{Name: "devtrail_events_fold_seconds_total", Help: "Time that folding took."}),
	}
}

// Wake has the job look soon: identities of this instance's organizations were reassigned. It does not wait, and may be called at any time.
func (j *Job) Wake() {
	select {
	case j.wake <- struct{}{}:
	default: // it is woken already
	}
}

// Run folds until ctx ends and returns nil then. What fails is tried again after the interval.
func (j *Job) Run(ctx context.Context) error {
	if j.config.Interval <= 0 {
		<-ctx.Done()
		return nil
	}
	rested := j.now() // when the rest after the last fold ends
	next := rested.Add(j.config.Interval)
	timer := time.NewTimer(j.config.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-j.wake:
			now := j.now()
			soon := now.Add(max(gather, rested.Sub(now)))
			if soon.Before(next) {
				next = soon
				timer.Reset(next.Sub(now))
			}
			continue
		case <-timer.C:
		}
		rest := j.work(ctx)
		if ctx.Err() != nil {
			return nil
		}
		rested = j.now().Add(rest)
		rest = max(rest, j.config.Interval)
		next = j.now().Add(rest)
		timer.Reset(rest)
	}
}

// work folds once and returns how long to rest.
func (j *Job) work(ctx context.Context) (rest time.Duration) {
	start := j.now()
	n, err := j.fold(ctx)
	took := j.now().Sub(start)
	if ctx.Err() != nil {
		return 0
	}
	if n > 0 || err != nil {
		j.seconds.Add(took.Seconds())
		rest = time.Duration(float64(took) * (1/share - 1))
	}
	if err != nil {
		rest = max(rest, j.config.Interval)
		j.failed.Inc()
		j.logger.WarnContext(ctx, "reassigned identities are not folded", "error", err, "rest_ms", rest.Milliseconds())
	} else if n > 0 {
		j.logger.InfoContext(ctx, "reassigned identities are folded", "identities", n, "duration_ms", took.Milliseconds(), "rest_ms", rest.Milliseconds())
	}
	return rest
}

// fold folds everything that is pending, when it is enough.
func (j *Job) fold(ctx context.Context) (folded int, err error) {
	pending, err := j.store.Pending(ctx)
	if err != nil {
		return 0, err
	}
	j.pending.Set(float64(pending))
	if j.elsewhere() || pending < max(1, j.config.Threshold) {
		return 0, nil
	}
	for {
		n, err := j.store.Fold(ctx, batch)
		folded += n
		j.folded.Add(float64(n))
		if err != nil {
			return folded, err
		}
		if n == 0 || j.elsewhere() {
			break
		}
	}
	pending, err = j.store.Pending(ctx)
	if err == nil {
		j.pending.Set(float64(pending))
	}
	return folded, err
}

// Describe implements prometheus.Collector.
func (j *Job) Describe(to chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{j.failed, j.folded, j.pending, j.seconds} {
		c.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (j *Job) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{j.failed, j.folded, j.pending, j.seconds} {
		c.Collect(to)
	}
}
