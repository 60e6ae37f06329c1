package ingest

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/kit/fault"
)

var _ prometheus.Collector = (*Intake)(nil)

// metrics count what senders were told.
type metrics struct {
	answers *prometheus.CounterVec
	refusal *prometheus.CounterVec
}

// statuses are the words of the statuses.
var statuses = [...]string{Stored: "stored", Duplicate: "duplicate", Rejected: "rejected", Retry: "retry"}

func newMetrics() *metrics {
	return &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_events_acked_total", Help: "Events answered by what became of them (stored, duplicate, rejected, retry).",
		}, []string{"status"}),
		refusal: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_events_unanswered_total", Help: "Events of requests that ended in an error, by its kind.",
		}, []string{"kind"}),
	}
}

func (m *metrics) answered(results []Result) {
	var counts [len(statuses)]int
	for _, r := range results {
		counts[r.Status]++
	}
	for status, n := range counts {
		if n > 0 {
			m.answers.WithLabelValues(statuses[status]).Add(float64(n))
		}
	}
}

func (m *metrics) refused(err error, n int) {
	m.refusal.WithLabelValues(strings.ReplaceAll(fault.KindOf(err).Error(), " ", "_")).Add(float64(n))
}

// What the log holds, read when it is asked for.
var (
	queueBytes  = prometheus.NewDesc("devtrail_events_queue_bytes", "Bytes of accepted events that wait for the database.", nil, nil)
	queueFrames = prometheus.NewDesc("devtrail_events_queue_frames", "Requests whose accepted events wait for the database.", nil, nil)
	queueOldest = prometheus.NewDesc("devtrail_events_queue_oldest_seconds", "How long the oldest of them waits; 0 when none does.", nil, nil)
	failures    = prometheus.NewDesc("devtrail_events_drain_failures_total", "Blocks that the database did not take at once.", nil, nil)
	blocks      = prometheus.NewDesc("devtrail_events_blocks_total", "Blocks that the database has.", nil, nil)
	inBlocks    = prometheus.NewDesc("devtrail_events_block_events_total", "Events of those blocks.", nil, nil)
	lookedUp    = prometheus.NewDesc("devtrail_events_blocks_looked_up_total", "Blocks of which ids had to be looked up in the database.", nil, nil)
	refusals    = prometheus.NewDesc("devtrail_events_dead_letters_total", "Events that the database refused for good.", nil, nil)
)

// Describe implements prometheus.Collector.
func (in *Intake) Describe(to chan<- *prometheus.Desc) {
	in.metrics.answers.Describe(to)
	in.metrics.refusal.Describe(to)
	for _, d := range []*prometheus.Desc{queueBytes, queueFrames, queueOldest, failures, refusals, blocks, inBlocks, lookedUp} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (in *Intake) Collect(to chan<- prometheus.Metric) {
	in.metrics.answers.Collect(to)
	in.metrics.refusal.Collect(to)
	if in.log == nil {
		return
	}
	stats := in.log.queue.Stats()
	age := 0.0
	if !stats.Oldest.IsZero() {
		age = max(0, in.now().Sub(stats.Oldest).Seconds())
	}
	to <- prometheus.MustNewConstMetric(queueBytes, prometheus.GaugeValue, float64(stats.Bytes))
	to <- prometheus.MustNewConstMetric(queueFrames, prometheus.GaugeValue, float64(stats.Frames))
	to <- prometheus.MustNewConstMetric(queueOldest, prometheus.GaugeValue, age)
	to <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(in.log.drain.failures.Load()))
	to <- prometheus.MustNewConstMetric(blocks, prometheus.CounterValue, float64(in.log.drain.stored.blocks.Load()))
	to <- prometheus.MustNewConstMetric(inBlocks, prometheus.CounterValue, float64(in.log.drain.stored.events.Load()))
	to <- prometheus.MustNewConstMetric(lookedUp, prometheus.CounterValue, float64(in.log.drain.stored.lookedUp.Load()))
	to <- prometheus.MustNewConstMetric(refusals, prometheus.CounterValue, float64(in.log.drain.refusals.Load()))
}
