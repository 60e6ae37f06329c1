package clickhouse

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/events"
)

// PrivacyRules reads the newest row of each organization that ever had rules.
func (s *Store) PrivacyRules(ctx context.Context) ([]events.Privacy, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []events.Privacy
	err := s.query(ctx, "privacy_rules", shape{}, params{}, func(rows driver.Rows) error {
		var p events.Privacy
		var revision uint64
		var text, key string
		if err := rows.Scan(&p.Organization, &revision, &text, &key); err != nil {
			return err
		}
		p.Revision = int64(revision)
		if err := json.Unmarshal([]byte(text), &p.Rules); err != nil {
			return err
		}
		var err error
		p.Key, err = hex.DecodeString(key)
		list = append(list, p)
		return err
	})
	return list, err
}

// SetPrivacyRules adds a row. Two at once are kept apart inside this process, which is the only one that writes.
func (s *Store) SetPrivacyRules(ctx context.Context, before int64, p events.Privacy) error {
	s.privacy.Lock()
	defer s.privacy.Unlock()
	list, err := s.PrivacyRules(ctx)
	if err != nil {
		return err
	}
	var revision int64
	for _, known := range list {
		if known.Organization == p.Organization {
			revision = known.Revision
		}
	}
	if revision != before {
		return events.ErrPrivacyConflict
	}
	rules, err := json.Marshal(p.Rules)
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO privacy_rules (organization_id, revision, rules, hash_key)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	if err := batch.Append(p.Organization, uint64(p.Revision), string(rules), hex.EncodeToString(p.Key)); err != nil {
		return err
	}
	return translate(ctx, batch.Send())
}
