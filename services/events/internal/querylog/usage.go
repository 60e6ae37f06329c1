package querylog

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// The bounds of the record of properties: of the days before today, and of the keys of an organization's day.
const (
	days       = 31
	keysPerDay = 512
	day        = 24 * time.Hour
)

// usages is what the properties of an organization took, by day and key.
type usages map[time.Time]map[string]*catalog.PropertyUsage

// use notes a query that has ended well for the properties that it looked at. The caller holds the lock.
func (l *Log) use(q events.Query) {
	if len(q.Tag.Properties) == 0 {
		return
	}
	of := l.used[q.Tag.Organization]
	if of == nil {
		if len(l.used) >= organizations {
			return
		}
		of = make(usages)
		l.used[q.Tag.Organization] = of
	}
	today := q.StartedAt.Truncate(day)
	keys := of[today]
	if keys == nil {
		keys = make(map[string]*catalog.PropertyUsage)
		of[today] = keys
		for old := range of {
			if today.Sub(old) > days*day {
				delete(of, old)
			}
		}
	}
	for _, key := range q.Tag.Properties {
		u := keys[key]
		if u == nil {
			if len(keys) >= keysPerDay {
				continue
			}
			u = &catalog.PropertyUsage{Key: key}
			keys[key] = u
		}
		u.Queries++
		u.Elapsed += q.Elapsed
		u.ReadBytes += q.Usage.ReadBytes
	}
}

// Usage returns what the properties of an organization took since the day of a time, those first that took longest.
func (l *Log) Usage(organization uuid.UUID, since time.Time, limit int) []catalog.PropertyUsage {
	l.mu.Lock()
	defer l.mu.Unlock()
	sums := make(map[string]catalog.PropertyUsage)
	for at, keys := range l.used[organization.String()] {
		if at.Before(since.Truncate(day)) {
			continue
		}
		for key, u := range keys {
			sum := sums[key]
			sum.Key, sum.Queries, sum.Elapsed, sum.ReadBytes = key, sum.Queries+u.Queries, sum.Elapsed+u.Elapsed, sum.ReadBytes+u.ReadBytes
			sums[key] = sum
		}
	}
	var list []catalog.PropertyUsage
	for _, u := range sums {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b catalog.PropertyUsage) int {
		return cmp.Or(cmp.Compare(b.Elapsed, a.Elapsed), cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(len(list), limit)]
}
