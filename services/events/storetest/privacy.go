package storetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var privacyCases = []testCase{
	{"privacy rules come back as they were set, for each organization its own", privacyKept},
	{"of two who change privacy rules at once one is told so", privacyConflict},
}

func (s *subject) privacy() map[uuid.UUID]events.Privacy {
	s.t.Helper()
	list, err := s.store.PrivacyRules(s.t.Context())
	require.NoError(s.t, err)
	all := make(map[uuid.UUID]events.Privacy, len(list))
	for _, p := range list {
		all[p.Organization] = p
	}
	require.Len(s.t, all, len(list), "each organization comes once")
	return all
}

func privacyKept(t *testing.T, s *subject) {
	require.Empty(t, s.privacy())
	one := events.Privacy{Organization: s.org, Revision: 1, Key: []byte("\x00\xff key of one"), Rules: []events.PrivacyRule{
		{Action: events.PrivacyDrop, Property: `a.'"\.b`}, {Action: events.PrivacyHash, Field: events.BranchNames},
	}}
	other := events.Privacy{Organization: ID("another organization"), Revision: 1, Key: []byte("another key"), Rules: []events.PrivacyRule{
		{Action: events.PrivacyHash, Field: events.MachineName},
	}}
	for _, p := range []events.Privacy{one, other} {
		require.NoError(t, s.store.SetPrivacyRules(t.Context(), 0, p))
	}
	equal(t, map[uuid.UUID]events.Privacy{one.Organization: one, other.Organization: other}, s.privacy(), "rules")
	one.Revision, one.Rules = 2, []events.PrivacyRule{}
	require.NoError(t, s.store.SetPrivacyRules(t.Context(), 1, one))
	equal(t, map[uuid.UUID]events.Privacy{one.Organization: one, other.Organization: other}, s.privacy(), "rules after a change")
}

func privacyConflict(t *testing.T, s *subject) {
	p := events.Privacy{Organization: s.org, Key: []byte("key"), Rules: []events.PrivacyRule{{Action: events.PrivacyDrop, Field: events.FileNames}}}
	for _, step := range []struct {
		before, revision int64
		kept             bool
	}{{1, 2, false}, {0, 1, true}, {0, 1, false}, {0, 2, false}, {2, 3, false}, {1, 2, true}, {1, 2, false}, {1, 3, false}, {2, 7, true}, {2, 8, false}, {6, 8, false}} {
		p.Revision = step.revision
		err := s.store.SetPrivacyRules(t.Context(), step.before, p)
		if step.kept {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, events.ErrPrivacyConflict, "%+v", step)
		}
	}
	require.EqualValues(t, 7, s.privacy()[s.org].Revision)
}
