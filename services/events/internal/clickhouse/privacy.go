package clickhouse

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

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

// SetPrivacyRules inserts a row that is the first of its revision, or none.
func (s *Store) SetPrivacyRules(ctx context.Context, before int64, p events.Privacy) error {
	known, err := s.privacyOf(ctx, p.Organization)
	if err != nil {
		return err
	}
	if known.Revision != before {
		return events.ErrPrivacyConflict
	}
	err = first(fmt.Sprintf("r/%s/%d", p.Organization, p.Revision), func(token string) (there bool, err error) {
		if err := s.insertPrivacy(ctx, p, token); err != nil {
			return false, err
		}
		known, err = s.privacyOf(ctx, p.Organization)
		return known.Revision >= p.Revision, err
	})
	if err == nil && (known.Revision > p.Revision || !bytes.Equal(known.Key, p.Key) || !slices.Equal(known.Rules, p.Rules)) { // another was first, or has changed them since
		return events.ErrPrivacyConflict
	}
	return err
}

// privacyOf reads the rules of an organization; the zero revision is that of none.
func (s *Store) privacyOf(ctx context.Context, organization uuid.UUID) (events.Privacy, error) {
	list, err := s.PrivacyRules(ctx)
	for _, p := range list {
		if p.Organization == organization {
			return p, err
		}
	}
	return events.Privacy{}, err
}

func (s *Store) insertPrivacy(ctx context.Context, p events.Privacy, token string) error {
	rules, err := json.Marshal(p.Rules)
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", token)
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
