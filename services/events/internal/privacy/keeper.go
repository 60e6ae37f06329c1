package privacy

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events"
)

// ErrUnknown says that the rules could not be read since the service started, so no event may be kept yet. Sending it again is right.
var ErrUnknown = fault.New(fault.Unavailable, "PRIVACY_RULES_UNKNOWN", "the privacy rules are not read yet")

// refresh is how often the rules are read: a change that another instance was told counts within a second.
const refresh = 500 * time.Millisecond

// firstRead bounds the reading that the first events wait for.
const firstRead = time.Second

// keyBytes is the size of a new key: that of the hash.
const keyBytes = 32

// Keeper has the rules of every organization at hand. Run must run beside the doors.
type Keeper struct {
	logger *slog.Logger
	store  events.PrivacyStore

	asking sync.Mutex // held by who reads because events wait for it

	file    string     // of the copy; empty: there is none
	copying sync.Mutex // held by who writes the copy
	copied  string     // what is in it

	mu    sync.RWMutex
	known bool
	spare bool // all is what the copy said, which counts when the store cannot be read
	all   map[uuid.UUID]entry
	kept  map[uuid.UUID]int64 // the revisions that the store said it has
}

// entry is the rules of an organization as they are kept and as they are applied.
type entry struct {
	privacy events.Privacy
	rules   *rules
}

// NewKeeper returns a keeper that has read nothing yet.
func NewKeeper(store events.PrivacyStore, logger *slog.Logger) *Keeper {
	return &Keeper{all: make(map[uuid.UUID]entry), kept: make(map[uuid.UUID]int64), logger: logger, store: store}
}

// Run reads the rules until ctx ends and returns nil then. While the store is away those that were read last count: nobody can change them meanwhile.
func (k *Keeper) Run(ctx context.Context) error {
	said := ""
	for {
		text := ""
		err := k.read(ctx)
		if err == nil {
			err = errors.Join(k.restore(ctx), k.remember())
		}
		if err != nil {
			text = err.Error()
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		if text != "" && text != said { // once for each reason
			k.logger.WarnContext(ctx, "privacy rules are not read", "error", text)
		}
		said = text
		if pause.For(ctx, refresh) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
	}
}

func (k *Keeper) read(ctx context.Context) error {
	list, err := k.store.PrivacyRules(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.known = k.known || k.spare
		return err
	}
	clear(k.kept)
	for _, p := range list {
		k.put(p)
		k.kept[p.Organization] = p.Revision
	}
	k.known = true
	return nil
}

// restore gives the store the rules that it has lost: those of its backup are older than what this instance, or its copy, knows. Rules of which nobody was told
// that they are gone must not be.
func (k *Keeper) restore(ctx context.Context) error {
	k.mu.RLock()
	kept := maps.Clone(k.kept)
	var lost []events.Privacy
	for organization, e := range k.all {
		if kept[organization] < e.privacy.Revision {
			lost = append(lost, e.privacy)
		}
	}
	k.mu.RUnlock()
	for _, p := range lost {
		older := kept[p.Organization]
		switch err := k.store.SetPrivacyRules(ctx, older, p); {
		case errors.Is(err, events.ErrPrivacyConflict): // another was faster; they are read again soon
		case err != nil:
			return err
		default:
			k.logger.WarnContext(ctx, "the database has older privacy rules than were set, and gets these again", "organization_id", p.Organization.String(),
				"revision", p.Revision, "older_revision", older)
		}
	}
	return nil
}

// put keeps what is newer. The keeper must be locked.
func (k *Keeper) put(p events.Privacy) {
	if known, there := k.all[p.Organization]; !there || p.Revision > known.privacy.Revision {
		k.all[p.Organization] = entry{privacy: p, rules: compile(p)}
	}
}

// Empty tells whether nothing is to be done to an organization's events. It is false as long as that is not known. Whoever writes events down without
// calling Apply must ask, for every batch.
func (k *Keeper) Empty(organization uuid.UUID) bool {
	known, of := k.of(organization)
	return known && len(of.privacy.Rules) == 0
}

// of returns an organization's rules. Who comes before Run has read them reads them, one at a time.
func (k *Keeper) of(organization uuid.UUID) (known bool, e entry) {
	k.mu.RLock()
	known, e = k.known, k.all[organization]
	k.mu.RUnlock()
	if known || !k.asking.TryLock() {
		return known, e
	}
	defer k.asking.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), firstRead)
	defer cancel()
	_ = k.read(ctx) // Run says why it fails
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.known, k.all[organization]
}

// Apply does to a canonical event what the organization's rules say. The error is ErrUnknown, or that the event cannot be read.
func (k *Keeper) Apply(organization uuid.UUID, e *events.Event) error {
	known, of := k.of(organization)
	switch {
	case !known:
		return ErrUnknown
	case len(of.privacy.Rules) == 0:
		return nil
	}
	return of.rules.apply(e)
}

// Get returns an organization's rules as they are in the store.
func (k *Keeper) Get(ctx context.Context, organization uuid.UUID) (events.Privacy, error) {
	p, _, err := k.current(ctx, organization)
	return p, err
}

// current is the rules of an organization, and the revision of them that the store has, both of the same moment.
func (k *Keeper) current(ctx context.Context, organization uuid.UUID) (p events.Privacy, kept int64, err error) {
	if err := k.read(ctx); err != nil {
		return events.Privacy{}, 0, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	p = k.all[organization].privacy
	p.Organization = organization
	return p, k.kept[organization], nil
}

// Set replaces an organization's rules, if they are still those of the revision, from its return on for this instance and a second later for others.
// The key of the hashes is made with the first rules and stays: equal texts have equal hashes for good. By is who did it, for the log.
func (k *Keeper) Set(ctx context.Context, organization uuid.UUID, revision int64, rules []events.PrivacyRule, by string) (events.Privacy, error) {
	if err := events.CheckPrivacyRules(rules); err != nil {
		return events.Privacy{}, err
	}
	p, kept, err := k.current(ctx, organization)
	if err != nil {
		return events.Privacy{}, err
	}
	if p.Revision != revision {
		return events.Privacy{}, events.ErrPrivacyConflict
	}
	p.Revision, p.Rules = revision+1, rules
	if p.Key == nil {
		p.Key = make([]byte, keyBytes)
		_, _ = rand.Read(p.Key) // it never fails
	}
	if err := k.store.SetPrivacyRules(ctx, kept, p); err != nil {
		return events.Privacy{}, err
	}
	k.mu.Lock()
	k.put(p)
	k.mu.Unlock()
	if err := k.remember(); err != nil { // Run tries again
		k.logger.WarnContext(ctx, "the copy of the privacy rules is not written", "error", err.Error())
	}
	k.logger.InfoContext(ctx, "privacy rules are set", "organization_id", organization.String(), "credential_id", by, "revision", p.Revision, "rules", len(rules))
	return p, nil
}
