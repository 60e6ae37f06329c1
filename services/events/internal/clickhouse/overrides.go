package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Reassign adds rows; the one with the highest sequence counts, so repeating it changes nothing.
func (s *Store) Reassign(ctx context.Context, organization uuid.UUID, changes []events.Reassignment) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	s.folding.RLock()
	defer s.folding.RUnlock()
	identities := make([]events.Identity, len(changes))
	for i, c := range changes {
		identities[i] = c.Identity
	}
	known, err := s.reassignments(ctx, organization, identities)
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO identity_overrides (organization_id, actor_kind, actor_value, developer_id, sequence, previous)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for _, c := range changes {
		was, noted := known[c.Identity]
		if c.Birth && !noted {
			continue
		}
		is, changed := was.after(c, noted)
		if !changed {
			continue
		}
		known[c.Identity] = is
		if err := batch.Append(organization, uint8(c.Identity.Kind), c.Identity.Value, is.developer, uint64(is.sequence), is.stamps); err != nil {
			return err
		}
	}
	if batch.Rows() == 0 {
		return batch.Abort()
	}
	defer s.overrides.Forget(organization)
	return translate(ctx, batch.Send())
}

// overridesBelieved is how long what is known of an organization's overrides is believed: what another instance reassigns shows that much later.
const overridesBelieved = 250 * time.Millisecond

// reassigned is what is known of an identity: its newest reassignment, pending or folded, or a note (sequence 0).
type reassigned struct {
	developer uuid.UUID
	sequence  int64
	pending   bool
	stamps    []uuid.UUID // whom its events may be stamped with while it is pending
	traced    bool        // they are all of those
}

// after is what is known of an identity after a change, and whether that is something new.
func (r reassigned) after(c events.Reassignment, known bool) (is reassigned, changed bool) {
	older := known && c.Sequence <= r.sequence
	switch {
	case older && (c.Sequence == r.sequence || c.Sequence == 0 || !r.pending):
		return r, false
	case c.Sequence == 0:
		return reassigned{pending: true, traced: true}, true
	}
	is = reassigned{developer: c.DeveloperID, sequence: c.Sequence, pending: true}
	if older {
		is.developer, is.sequence = r.developer, r.sequence
	}
	if is.traced = c.Previous != nil && (!known || r.traced); is.traced {
		is.stamps = slices.Clone(r.stamps)
		named := []uuid.UUID{*c.Previous}
		switch {
		case older:
			named = append(named, c.DeveloperID)
		case known:
			named = append(named, r.developer) // a note's is nobody
		}
		for _, id := range named {
			if !slices.Contains(is.stamps, id) {
				is.stamps = append(is.stamps, id)
			}
		}
	}
	return is, !older || is.traced != r.traced || len(is.stamps) > len(r.stamps)
}

// reassignments returns it of those of the identities that were ever noted or reassigned.
func (s *Store) reassignments(ctx context.Context, organization uuid.UUID, identities []events.Identity) (map[events.Identity]reassigned, error) {
	known := make(map[events.Identity]reassigned)
	if len(identities) == 0 {
		return known, nil
	}
	p := of(organization)
	p["identities"] = list(identities, identityTuple)
	err := s.query(ctx, "known_identities", shape{}, p, func(rows driver.Rows) error {
		var kind uint8
		var value string
		var r reassigned
		var sequence uint64
		err := rows.Scan(&kind, &value, &r.developer, &sequence, &r.pending, &r.stamps, &r.traced)
		r.sequence = int64(sequence)
		known[events.Identity{Kind: events.IdentityKind(kind), Value: value}] = r
		return err
	})
	return known, err
}

// identityTuple is an identity in the server's own notation.
func identityTuple(i events.Identity) string { return fmt.Sprintf("(%d,%s)", i.Kind, quoted(i.Value)) }

// Sequence returns the highest number set.
func (s *Store) Sequence(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	var sequence uint64
	err := s.conn.QueryRow(noted(ctx, "sequence"), "SELECT max(sequence) FROM identity_positions").Scan(&sequence)
	return int64(sequence), translate(ctx, err)
}

// SetSequence adds a row; the highest counts.
func (s *Store) SetSequence(ctx context.Context, sequence int64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	return translate(ctx, s.conn.Exec(ctx, fmt.Sprintf("INSERT INTO identity_positions (singleton, sequence) VALUES (1, %d)", sequence)))
}
