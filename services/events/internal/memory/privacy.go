package memory

import (
	"bytes"
	"context"
	"slices"

	"devtrail.dev/services/events"
)

// PrivacyRules returns those of every organization that has some.
func (s *Store) PrivacyRules(ctx context.Context) ([]events.Privacy, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []events.Privacy
	for _, org := range s.organizations {
		if org.privacy.Revision > 0 {
			list = append(list, copied(org.privacy))
		}
	}
	return list, nil
}

// SetPrivacyRules keeps p in place of what is of the revision before.
func (s *Store) SetPrivacyRules(ctx context.Context, before int64, p events.Privacy) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org := s.organization(p.Organization)
	if org.privacy.Revision != before {
		return events.ErrPrivacyConflict
	}
	org.privacy = copied(p)
	return nil
}

// copied shares nothing with p.
func copied(p events.Privacy) events.Privacy {
	p.Rules, p.Key = slices.Clone(p.Rules), bytes.Clone(p.Key)
	return p
}
