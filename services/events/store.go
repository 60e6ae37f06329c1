package events

import (
	"context"

	"github.com/google/uuid"
)

// Outcome is what became of an event that was handed to a store.
type Outcome uint8

// Stored: the event is in the store now. Duplicate: an event with this id was there already, or stood earlier in the batch; nothing was changed.
const (
	Stored Outcome = iota + 1
	Duplicate
)

// Reassignment says that an identity is a developer's.
type Reassignment struct {
	Identity    Identity  // canonical
	DeveloperID uuid.UUID // the zero UUID is nobody
	// Sequence orders the changes of an identity. 0 notes an identity whose events are stamped as nobody's: it changes no answer.
	Sequence int64
	// Previous is whom the identity belonged to before, the zero UUID for nobody; nil when that is not known. It changes no answer: it promises that the events
	// of the identity are stamped with one whom its changes name as previous, or with one whom they name as its developer, so that they are found sooner.
	Previous *uuid.UUID
	// Birth marks the first developer of an identity. It counts only if the store has noted the identity before:
	// the events of any other were all stamped after its birth. Without this rule every identity would become an override.
	Birth bool
}

// Store keeps events and answers questions about them. Its comments are the law that memory, Postgres and ClickHouse keep alike.
//
// Every method that takes an organization must neither read nor change another organization's data, even where ids are equal.
// Methods must be safe for concurrent use. They must return the context's error when the context has ended before they began,
// ErrStoreClosed after Close, and a fault of kind Unavailable when the database cannot be asked.
// Answers must depend on the events alone: not on the order or the batches in which they came, on merges of parts or on the engine.
// Lists without entries must be nil; text must come back byte for byte; times must come back in UTC with their microseconds.
//
// The current developer of an event is the one that the reassignment of its actor with the highest sequence names;
// it is the one stamped on the event when its actor was never reassigned. DeveloperID in filters and answers means the current developer.
type Store interface {
	// Append stores events that are canonical and stamped, and says of each, in their order, what became of it.
	// An id must count once, however often and in however many batches, concurrent ones included, it is sent: the first one stored stays.
	// An event must be visible to every method once Append has returned without an error.
	// On an error any part of the batch may be stored; sending it again must be safe and lead to the same answers as one clean Append.
	Append(ctx context.Context, organization uuid.UUID, batch []Event) ([]Outcome, error)
	// List must return the events of the range that match the filter, newest first by Event.Compare, at most Limit of them.
	List(ctx context.Context, organization uuid.UUID, q ListQuery) ([]Event, error)
	// Exposure must count each event once in every list but Versions, where it counts once a version.
	Exposure(ctx context.Context, organization uuid.UUID, q ExposureQuery) (Exposure, error)
	// ExposureParts must hand the rows of Exposure, of each list every one, to yield in parts: the first has the sighting, each has at most Limit rows of all
	// lists together, and the rows of a list must come in their order. Totals are those of whole lists, in the parts that have rows of them. The rows are of
	// one moment, and a part's changes are those that ManifestChanges returns for its projects. A part is yield's to keep. Without events nothing is handed
	// over. An error of yield must end the call and be returned.
	ExposureParts(ctx context.Context, organization uuid.UUID, q ExposureQuery, yield func(ExposurePart) error) error
	// PackageVersions must return the versions of a package that events of the range name, each once, ordered by bytes.
	PackageVersions(ctx context.Context, organization uuid.UUID, pkg string, r Range) ([]string, error)
	// ManifestChanges must return, for each of the projects and each value of the property path (empty when it is no text, or one with a zero character), the newest of the
	// ManifestEvents by Event.Compare that touches the package, ordered by the bytes of project and path.
	ManifestChanges(ctx context.Context, organization uuid.UUID, pkg string, projects []string) ([]ManifestChange, error)
	// Digest must count each event once in each list. Packages are ordered by the sum of their counts, most first, then by the bytes of the purl.
	Digest(ctx context.Context, organization uuid.UUID, q DigestQuery) (Digest, error)

	// Reassign must make the reassignments count in every answer from its return on, also for events appended later.
	// Of two with one identity the higher sequence must win, in whatever order they come; repeating one must change nothing.
	// Births are judged in the order of the list, after those before them. Two changes of an identity never share a sequence.
	Reassign(ctx context.Context, organization uuid.UUID, changes []Reassignment) error
	// Sequence must return the highest number given to SetSequence, 0 if there was none. It belongs to the installation, not to an organization.
	Sequence(ctx context.Context) (int64, error)
	// SetSequence remembers how far the changes of identities are applied. A lower number than the one it has must change nothing.
	SetSequence(ctx context.Context, sequence int64) error

	// What the store refuses for good is kept beside the events.
	DeadLetters
	// Those who run an installation look after it.
	Monitor
	// Reassignments are brought into the events.
	Folds
	// What organizations do not want to be kept of their events.
	PrivacyStore

	// Ready must return nil when the store can do its work, and else, within the context's deadline, a fault of kind Unavailable that says what to do.
	Ready(ctx context.Context) error
	// Close must release everything the store has opened and must wait for its goroutines. Calling it again must change nothing.
	Close() error
}
