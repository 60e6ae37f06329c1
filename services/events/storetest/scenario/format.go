package scenario

import (
	"encoding/json"
	"strings"
	"time"
)

// scenario is one case of the file.
type scenario struct {
	ID       string
	Kind     string
	Now      *time.Time
	Persons  []person
	Cohorts  []cohort
	Events   []event
	Query    query
	Expected json.RawMessage
	Derived  json.RawMessage
}

type person struct {
	DistinctIDs []string `json:"distinct_ids"`
	Properties  json.RawMessage
}

type cohort struct {
	ID      string
	Members []string
	AnyOf   []struct {
		Filters   []filter
		Performed *performed
	} `json:"any_of"`
}

type performed struct {
	Event   string
	Filters []filter
	From    *time.Time
	To      *time.Time
	Days    int
	Count   *struct {
		Op    string
		Value int64
	}
}

type event struct {
	ID         string
	Event      string
	DistinctID string `json:"distinct_id"`
	Timestamp  time.Time
	Properties json.RawMessage
	Tenant     string
}

type filter struct {
	Key      string
	Operator string
	Value    json.RawMessage
	Scope    string
	Cohort   string
}

// step is an event with filters: a series, a step, an exclusion, a target.
type step struct {
	Event        string
	Filters      []filter
	Math         string
	MathProperty string `json:"math_property"`
	FromStep     int    `json:"from_step"`
	ToStep       int    `json:"to_step"`
}

// steps is one or a list.
type steps []step

// UnmarshalJSON reads both forms.
func (s *steps) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]step)(s))
	}
	*s = make(steps, 1)
	return json.Unmarshal(text, &(*s)[0])
}

// texts is one or a list.
type texts []string

// UnmarshalJSON reads both forms.
func (s *texts) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(s))
	}
	*s = make(texts, 1)
	return json.Unmarshal(text, &(*s)[0])
}

type query struct {
	Interval string
	Series   steps
	Filters  []filter
	Resolved struct {
		From               time.Time
		To                 time.Time
		FirstIntervalStart time.Time `json:"first_interval_start"`
	}
	InTest struct {
		DateFrom string `json:"date_from"`
		DateTo   string `json:"date_to"`
		Default  string
		Interval string
	} `json:"date_range_in_test"`

	Breakdown *struct {
		Type        string
		Property    texts
		Cohorts     []string
		Limit       int
		Attribution string
	}
	Formula    string
	Cumulative bool
	Compare    bool
	Result     string

	Order  string
	Steps  []step
	Window struct {
		Value int
		Unit  string
	}
	Exclusions        []step
	ExclusionsInvalid []step `json:"exclusions_invalid"`
	Viz               string
	FromStep          *int `json:"from_step"`
	ToStep            *int `json:"to_step"`
	BinCount          int  `json:"bin_count"`

	Type           string
	Period         string
	TotalIntervals int `json:"total_intervals"`
	Target         step
	Returning      step

	PathTypes         []string `json:"path_types"`
	IncludeEvents     []string `json:"include_events"`
	Exclude           []string
	Start             string
	End               string
	StepLimit         int     `json:"step_limit"`
	SessionGapMinutes float64 `json:"session_gap_minutes"`
	Groupings         []string
	Cleaning          []struct {
		Regex string
		Alias string
	}
	MinEdgeWeight int64 `json:"min_edge_weight"`
	MaxEdgeWeight int64 `json:"max_edge_weight"`
	EdgeLimit     int   `json:"edge_limit"`

	AnyOf  []step `json:"any_of"`
	Cohort string

	Ops []struct {
		At      time.Time
		Set     json.RawMessage
		SetOnce json.RawMessage `json:"set_once"`
	}
}

// links tells whether it depends on rules of the identity service: on whether identities that are met together are one developer's.
func (s scenario) links() bool {
	for _, e := range s.Events {
		var p map[string]json.RawMessage
		if s.Kind == "identity" && json.Unmarshal(e.Properties, &p) == nil && p["$anon_distinct_id"] != nil {
			return true
		}
	}
	return false
}

// devtrail returns what overrides the rest of what is expected.
func (s scenario) devtrail() (override string, ok bool) {
	var e struct{ Devtrail string }
	if json.Unmarshal(s.Expected, &e) != nil || e.Devtrail == "" {
		return "", false
	}
	return strings.TrimSpace(e.Devtrail), true
}
