// Package insight holds the questions of the InsightService, what makes one valid, and what stores must answer: trends, funnels, retention,
// stickiness, lifecycle and paths. What no store needs to know (date texts, formulas, comparing periods, ranking) is worked out here, once.
// It stands between the desk (internal/rpc) and the stores, above the service root whose events it asks about.
package insight

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// Unit is what an insight counts; the numbers are those of the contract.
type Unit uint8

// An actor is a developer, a machine, a project or a package. Events without one have no actor: they count in totals only.
// An event of several packages has each of them as an actor.
const (
	Developers Unit = iota + 1
	Machines
	Projects
	Packages
)

// Question is what every insight asks about: the events that it sees at all.
type Question struct {
	Range      events.Range
	Filter     events.Filter
	Properties []PropertyFilter // every one must match
	By         Unit
}

// EventsQuery asks for the events that a question sees, newest first. Whom it counts does not matter.
type EventsQuery struct {
	Question
	After *events.Position // only events that come after this place in the answer, which are older; nil from the newest
	Limit int              // at most so many, at least 1
}

// Matcher says which events a series, a step or a target means: those that match one of the alternatives. An event name gives one alternative,
// a saved action one for each of its steps. Without alternatives nothing matches.
type Matcher []Alternative

// Alternative matches events of a name that pass every filter.
type Alternative struct {
	Name       string // empty for events of every name
	Properties []PropertyFilter
}

// Store answers insights. Its comments are the law that memory, Postgres and ClickHouse keep alike, besides the general law of [events.Store].
//
// An actor is written as text: the UUID of the current developer, the machine, the project, or the purl of the package without version.
// Properties of developers are those set last, at the moment of the question, whatever they were when an event happened.
// Answers must depend on the events alone. Numbers that are not counts may differ between stores by 1e-9 of their size.
type Store interface {
	// SetDeveloperProperties must make the properties count in every answer from its return on. Of two for one developer the higher revision must win.
	SetDeveloperProperties(ctx context.Context, organization uuid.UUID, list []DeveloperProperties) error

	// TrendTotals must return, for each series, the total of its math over the whole range for every bucket of the breakdown that has an event
	// of the series, in any order, at most limit of the highest when limit is not 0 (ties by Key.Compare). It may add the numbers of the question's buckets.
	TrendTotals(ctx context.Context, organization uuid.UUID, q TrendsQuery, limit int) ([][]KeyTotal, error)
	// TrendRows must return one row for each series and each of its keys (one row with a nil key without a breakdown), in the order of the question.
	// With a breakdown by properties a last row for each series has the key Other when an event of the series has a value that is not among its keys.
	TrendRows(ctx context.Context, organization uuid.UUID, q TrendsQuery) ([]Trend, error)
	// Retention must return a row for each interval, in order, each with the values of the intervals from its own to the last.
	Retention(ctx context.Context, organization uuid.UUID, q RetentionQuery) ([][]int64, error)
	// Stickiness must return, for each series, how many actors were active in exactly k buckets, at place k-1, k from 1 to the number of buckets.
	Stickiness(ctx context.Context, organization uuid.UUID, q StickinessQuery) ([][]int64, error)
	// Lifecycle must return one row for each bucket.
	Lifecycle(ctx context.Context, organization uuid.UUID, q LifecycleQuery) ([]LifecycleRow, error)
	// Sequences must hand each actor that has a row to yield once, with its rows in the order of (occurred_at, id): the events of the
	// question that match one of its matchers, and with All every event of the question. An error of yield ends the call and is returned.
	Sequences(ctx context.Context, organization uuid.UUID, q SequenceQuery, yield func(Sequence) error) error
	// FunnelCounts must return, for a funnel in order without exclusions and breakdown, how many actors reached each step; ok is false when
	// the store has no faster way for this funnel than its sequences.
	FunnelCounts(ctx context.Context, organization uuid.UUID, q FunnelQuery) (counts []int64, ok bool, err error)
	// PathEdges must return, for paths without cleaning, groupings, a start and an end, the edges that [PathsQuery] asks for, the most frequent first,
	// then by step, source and target; ok is false when the store has no faster way for these paths than its sequences.
	PathEdges(ctx context.Context, organization uuid.UUID, q PathsQuery) (edges []Edge, ok bool, err error)
	// Events must return the events of the question, also those of nobody, newest first by [events.Event.Compare], at most Limit of them.
	Events(ctx context.Context, organization uuid.UUID, q EventsQuery) ([]events.Event, error)
	// Earliest must return the time of the organization's first event; ok is false when there is none.
	Earliest(ctx context.Context, organization uuid.UUID) (first events.Position, ok bool, err error)

	// CohortMembers must return, in the order of their text, the developers that are in a cohort now: of those who have an event or a property.
	CohortMembers(ctx context.Context, organization uuid.UUID, c *Cohort, page ActorPage) ([]string, error)
	// TrendActors must return, in the order of their text, the actors that a cell of a trend counts: those after the given one, at most limit.
	TrendActors(ctx context.Context, organization uuid.UUID, q TrendsQuery, cell TrendCell, page ActorPage) ([]string, error)
	// RetentionActors must return the actors of a row in the order of [Appearances.Compare], with the intervals in which they appear.
	RetentionActors(ctx context.Context, organization uuid.UUID, q RetentionQuery, row int) ([]Appearances, error)
	// StickinessActors must return the actors that were active in exactly k buckets.
	StickinessActors(ctx context.Context, organization uuid.UUID, q StickinessQuery, series, k int, page ActorPage) ([]string, error)
	// LifecycleActors must return the actors of a bucket that have the status.
	LifecycleActors(ctx context.Context, organization uuid.UUID, q LifecycleQuery, bucket int, status Status, page ActorPage) ([]string, error)
}

// Engine is a whole store: it keeps events and the catalog, and answers insights.
type Engine interface {
	events.Store
	Store
	catalog.Store
}

// DeveloperProperties are all properties of a developer.
type DeveloperProperties struct {
	DeveloperID uuid.UUID
	Properties  string // a canonical JSON object
	Revision    int64  // of two the higher counts
}

// ActorPage is a part of a list of actors, ordered by the bytes of their text.
type ActorPage struct {
	After string // only actors after this one; empty from the first
	Limit int    // at least 1
}
