package gate

import (
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
)

// judgeLeases closes the gate while a lease counts whose instance uses the objects or does not work with the schema after the file.
func (l *look) judgeLeases() {
	for _, one := range l.leases {
		how, counts := l.counts(one)
		if !counts {
			continue
		}
		if uses := l.uses(one); uses != "" {
			l.offend(migrations.ByLease, "%s %s and %s", instance(one), how, uses)
			if one.State == migrations.Live {
				l.use(lease.Use{At: l.window.Now, By: instance(one) + " " + how})
			}
		}
	}
}

// counts reports whether the instance of a lease is to be reckoned with, whatever its connections say, and why.
func (l *look) counts(one migrations.Lease) (how string, counts bool) {
	switch again := one.SeenAt.Add(one.ExpectedInterval); {
	case one.State == migrations.Live && one.Parked:
		return "is parked and may come back", true
	case one.State == migrations.Live:
		return "holds a live lease, seen " + l.ago(one.SeenAt), true
	case one.ExpectedInterval > 0 && l.window.Now.Before(again):
		if again.After(l.notBefore) {
			l.notBefore = again
		}
		return "ran " + l.ago(one.SeenAt) + ", may run again until " + stamp(again), true
	}
	return "", false
}

// uses says what of the objects the instance uses, or how the file breaks it otherwise; empty when it does not mind.
func (l *look) uses(one migrations.Lease) string {
	i := slices.IndexFunc(one.Needs, func(n migrations.SchemaNeed) bool { return n.Database == l.target.Name })
	if i < 0 {
		return ""
	}
	need := one.Needs[i]
	var found []string
	for _, use := range need.Uses {
		if lease.Covers(l.gate.Objects, use) {
			found = append(found, use)
		}
	}
	switch beyond := need.MaxVersionExclusive; {
	case len(found) > 0:
		return "uses " + names(found)
	case beyond > 0 && beyond <= l.file.Version:
		return "does not work with version " + strconv.FormatInt(beyond, 10) + " of the schema and later"
	case len(need.Uses) == 0:
		return "does not say what it uses"
	}
	return ""
}

// instance names an instance for people.
func instance(one migrations.Lease) string {
	return one.Service + " " + one.ID + " of build " + one.Build
}

// few is how many of a kind are named in one sentence or list.
const few = 10

// names joins names and leaves out what nobody reads to the end.
func names(list []string) string {
	if more := len(list) - few; more > 0 {
		return strings.Join(list[:few], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(list, ", ")
}
