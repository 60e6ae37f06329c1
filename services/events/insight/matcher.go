package insight

import (
	"fmt"

	"devtrail.dev/services/events"
)

// NewMatcher returns the matcher of an event name with filters. The error is a fault of kind Invalid for the event_name below the field.
func NewMatcher(field, name string, filters []PropertyFilter) (Matcher, error) {
	if err := checkText(field+".event_name", name, events.MaxNameLength); err != nil {
		return nil, err
	}
	return Matcher{{Name: name, Properties: filters}}, nil
}

// With returns the matcher with more filters on each of its alternatives, such as those of a step that names a saved action.
func (m Matcher) With(filters []PropertyFilter) Matcher {
	narrowed := make(Matcher, len(m))
	for i, a := range m {
		narrowed[i] = Alternative{Name: a.Name, Properties: append(append([]PropertyFilter(nil), a.Properties...), filters...)}
	}
	return narrowed
}

// covers tells whether a matcher matches everything that another does, as far as it can be seen from what they ask.
func (m Matcher) covers(other Matcher) bool {
	for _, o := range other {
		if !m.coversAlternative(o) {
			return false
		}
	}
	return len(other) > 0
}

func (m Matcher) coversAlternative(o Alternative) bool {
	asked := make(map[string]bool)
	for _, f := range o.Properties {
		asked[f.identity()] = true
	}
	for _, a := range m {
		subset := a.Name == "" || a.Name == o.Name
		for _, f := range a.Properties {
			subset = subset && asked[f.identity()]
		}
		if subset {
			return true
		}
	}
	return false
}

// identity is a text that is equal for filters that ask the same.
func (f *PropertyFilter) identity() string {
	return fmt.Sprintf("%d %q %d %q %v %v %d %s", f.Scope, f.Key, f.Operator, f.Values, f.Low, f.High, f.At.UnixMicro(), f.Cohort.identity())
}

func (c *Cohort) identity() string {
	if c == nil {
		return ""
	}
	return c.ID.String()
}
