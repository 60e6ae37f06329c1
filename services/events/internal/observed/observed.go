// Package observed measures a store: how long each method takes and how it ends. It is a store around another one,
// so that the engines hold no line about telemetry.
package observed

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/queue"
)

var _ events.Store = (*Store)(nil)

// Store measures the store inside it.
type Store struct {
	inner    insight.Engine
	now      func() time.Time
	duration *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
}

// New returns a store that measures inner under the metrics devtrail_events_store_duration_seconds and devtrail_events_appended_total.
func New(inner insight.Engine, registry prometheus.Registerer, now func() time.Time) (*Store, error) {
	s := &Store{
		inner: inner,
		now:   now,
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "devtrail_events_store_duration_seconds",
			Help:    "Time of the event store's methods by method and result (ok, or the kind of the error).",
			Buckets: serve.Buckets(), // those of RPCs, to compare
		}, []string{"method", "result"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_events_appended_total",
			Help: "Events handed to the store by outcome (stored, duplicate).",
		}, []string{"outcome"}),
	}
	for _, c := range []prometheus.Collector{s.duration, s.outcomes} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// measure begins a measurement; the returned function ends it.
func (s *Store) measure(method string) func(*error) {
	start := s.now()
	return func(err *error) {
		result := "ok"
		if *err != nil {
			result = fault.KindOf(*err).Error()
		}
		s.duration.WithLabelValues(method, result).Observe(s.now().Sub(start).Seconds())
	}
}

// Append counts the outcomes as well.
func (s *Store) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) (outcomes []events.Outcome, err error) {
	defer s.measure("append")(&err)
	outcomes, err = s.inner.Append(ctx, organization, batch)
	stored := 0
	for _, o := range outcomes {
		if o == events.Stored {
			stored++
		}
	}
	s.outcomes.WithLabelValues("stored").Add(float64(stored))
	s.outcomes.WithLabelValues("duplicate").Add(float64(len(outcomes) - stored))
	return outcomes, err
}

// Blocks returns the store as one that takes blocks, nil when the inner one does not.
func (s *Store) Blocks() queue.BlockStore {
	inner, takes := s.inner.(queue.BlockStore)
	if !takes {
		return nil
	}
	return blocks{inner: inner, store: s}
}

// blocks measures a store that takes blocks.
type blocks struct {
	inner queue.BlockStore
	store *Store
}

// StoreBlock counts the outcomes as well.
func (b blocks) StoreBlock(ctx context.Context, block *queue.Block) (known []int, err error) {
	defer b.store.measure("store_block")(&err)
	known, err = b.inner.StoreBlock(ctx, block)
	if err == nil {
		b.store.outcomes.WithLabelValues("stored").Add(float64(block.Len() - len(known)))
		b.store.outcomes.WithLabelValues("duplicate").Add(float64(len(known)))
	}
	return known, err
}

// Latest measures the inner Latest.
func (b blocks) Latest(ctx context.Context, after uint64) (latest time.Time, err error) {
	defer b.store.measure("latest")(&err)
	return b.inner.Latest(ctx, after)
}

// List measures the inner List.
func (s *Store) List(ctx context.Context, organization uuid.UUID, q events.ListQuery) (list []events.Event, err error) {
	defer s.measure("list")(&err)
	return s.inner.List(ctx, organization, q)
}

// Exposure measures the inner Exposure.
func (s *Store) Exposure(ctx context.Context, organization uuid.UUID, q events.ExposureQuery) (x events.Exposure, err error) {
	defer s.measure("exposure")(&err)
	return s.inner.Exposure(ctx, organization, q)
}

// ExposureParts measures the inner ExposureParts, the time in which the parts are used included.
func (s *Store) ExposureParts(ctx context.Context, organization uuid.UUID, q events.ExposureQuery, yield func(events.ExposurePart) error) (err error) {
	defer s.measure("exposure_parts")(&err)
	return s.inner.ExposureParts(ctx, organization, q, yield)
}

// PackageVersions measures the inner PackageVersions.
func (s *Store) PackageVersions(ctx context.Context, organization uuid.UUID, pkg string, r events.Range) (versions []string, err error) {
	defer s.measure("package_versions")(&err)
	return s.inner.PackageVersions(ctx, organization, pkg, r)
}

// ManifestChanges measures the inner ManifestChanges.
func (s *Store) ManifestChanges(ctx context.Context, organization uuid.UUID, pkg string, projects []string) (list []events.ManifestChange, err error) {
	defer s.measure("manifest_changes")(&err)
	return s.inner.ManifestChanges(ctx, organization, pkg, projects)
}

// Digest measures the inner Digest.
func (s *Store) Digest(ctx context.Context, organization uuid.UUID, q events.DigestQuery) (d events.Digest, err error) {
	defer s.measure("digest")(&err)
	return s.inner.Digest(ctx, organization, q)
}

// Reassign measures the inner Reassign.
func (s *Store) Reassign(ctx context.Context, organization uuid.UUID, changes []events.Reassignment) (err error) {
	defer s.measure("reassign")(&err)
	return s.inner.Reassign(ctx, organization, changes)
}

// Sequence measures the inner Sequence.
func (s *Store) Sequence(ctx context.Context) (sequence int64, err error) {
	defer s.measure("sequence")(&err)
	return s.inner.Sequence(ctx)
}

// SetSequence measures the inner SetSequence.
func (s *Store) SetSequence(ctx context.Context, sequence int64) (err error) {
	defer s.measure("set_sequence")(&err)
	return s.inner.SetSequence(ctx, sequence)
}

// Ready measures the inner Ready.
func (s *Store) Ready(ctx context.Context) (err error) {
	defer s.measure("ready")(&err)
	return s.inner.Ready(ctx)
}

// Close closes the inner store.
func (s *Store) Close() error { return s.inner.Close() }

// Pending measures the inner Pending.
func (s *Store) Pending(ctx context.Context) (n int, err error) {
	defer s.measure("pending")(&err)
	return s.inner.Pending(ctx)
}

// Fold measures the inner Fold.
func (s *Store) Fold(ctx context.Context, limit int) (n int, err error) {
	defer s.measure("fold")(&err)
	return s.inner.Fold(ctx, limit)
}
