package ingest

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
)

// ErrQuota says that an organization or a key sends faster than it may. Nothing of the request was kept.
var ErrQuota = fault.New(fault.Exhausted, "QUOTA_EXCEEDED", "more events arrive than the quota allows")

// Rate is how many events a second may come for long, and how many at once. A zero rate does not limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Rates are the quotas of this installation.
type Rates struct {
	Organization Rate // of all keys of an organization together
	Key          Rate // of one key
	// Hold is how long a refusal is kept back from who has been told to wait and comes all the same, so that refusing costs the others little however
	// often it comes; 0: not at all.
	Hold time.Duration
}

// quotas keeps a token bucket for each organization and each key that was seen lately.
type quotas struct {
	rates Rates
	now   func() time.Time

	mu      sync.Mutex
	buckets map[owner]*bucket
	crowd   int // how many of them there are when those that are full again are forgotten
}

// owner is an organization, or a key of one.
type owner struct {
	organization uuid.UUID
	key          string
}

// bucket holds events that may still come.
type bucket struct {
	left  float64
	at    time.Time
	until time.Time // when those who were refused may come again
}

// fewBuckets is how many are kept before any is forgotten.
const fewBuckets = 10_000

func newQuotas(rates Rates, now func() time.Time) *quotas {
	return &quotas{rates: rates, now: now, buckets: make(map[owner]*bucket), crowd: fewBuckets}
}

// take takes n events out of the organization's bucket and the key's, or out of none. It keeps a refusal back from who has been told to wait.
func (q *quotas) take(ctx context.Context, organization uuid.UUID, key string, n int) error {
	if q.rates.Organization.PerSecond <= 0 && q.rates.Key.PerSecond <= 0 {
		return nil
	}
	heedless, err := q.judge(organization, key, n)
	if heedless {
		q.hold(ctx)
	}
	return err
}

// hold waits, half of what is left to the caller at most: it must still hear the answer.
func (q *quotas) hold(ctx context.Context) {
	length := q.rates.Hold
	if deadline, ok := ctx.Deadline(); ok {
		length = min(length, deadline.Sub(q.now())/2)
	}
	_ = pause.For(ctx, length)
}

// judge decides, and tells whether who is refused was told before.
func (q *quotas) judge(organization uuid.UUID, key string, n int) (heedless bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if len(q.buckets) >= q.crowd { // before one of this request's can be among those that are forgotten
		q.forget(now)
	}
	whole := q.fill(owner{organization: organization}, q.rates.Organization, now)
	own := q.fill(owner{organization, key}, q.rates.Key, now)
	wait := max(q.rates.Organization.wait(whole, n), q.rates.Key.wait(own, n))
	if wait > 0 {
		heedless = now.Before(whole.until) || now.Before(own.until)
		own.until = now.Add(wait)
		if q.rates.Organization.wait(whole, n) > 0 {
			whole.until = own.until
		}
		return heedless, ErrQuota.With("%d events are more than the quota allows now", n).RetryAfter(wait)
	}
	whole.left -= float64(n)
	own.left -= float64(n)
	return false, nil
}

// fill returns a bucket with what has run into it since it was last looked at.
func (q *quotas) fill(o owner, rate Rate, now time.Time) *bucket {
	b, known := q.buckets[o]
	if !known {
		b = &bucket{left: float64(rate.Burst), at: now}
		q.buckets[o] = b
	}
	b.left = b.level(rate, now)
	b.at = now
	return b
}

// level is how much a bucket holds by now.
func (b *bucket) level(rate Rate, now time.Time) float64 {
	return min(float64(rate.Burst), b.left+rate.PerSecond*now.Sub(b.at).Seconds())
}

// forget lets the buckets go that are full again: they are as new ones would be. Those that are not are kept, whatever their number: each belongs to somebody
// who was let in.
func (q *quotas) forget(now time.Time) {
	maps.DeleteFunc(q.buckets, func(o owner, b *bucket) bool {
		rate := q.rates.Key
		if o.key == "" {
			rate = q.rates.Organization
		}
		return rate.PerSecond <= 0 || b.level(rate, now) >= float64(rate.Burst)
	})
	q.crowd = max(fewBuckets, 2*len(q.buckets)) // so that looking at all of them is paid by as many that came
}

// wait says how long until n events may come. A batch larger than the burst may come when the bucket is full, and leaves it in debt:
// else it could never come.
func (r Rate) wait(b *bucket, n int) time.Duration {
	if r.PerSecond <= 0 {
		return 0
	}
	missing := min(float64(n), float64(r.Burst)) - b.left
	if missing <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(missing / r.PerSecond * float64(time.Second)))
}
