package observed

import (
	"context"

	"devtrail.dev/services/events"
)

// PrivacyRules measures the inner PrivacyRules.
func (s *Store) PrivacyRules(ctx context.Context) (list []events.Privacy, err error) {
	defer s.measure("privacy_rules")(&err)
	return s.inner.PrivacyRules(ctx)
}

// SetPrivacyRules measures the inner SetPrivacyRules.
func (s *Store) SetPrivacyRules(ctx context.Context, before int64, p events.Privacy) (err error) {
	defer s.measure("set_privacy_rules")(&err)
	return s.inner.SetPrivacyRules(ctx, before, p)
}
