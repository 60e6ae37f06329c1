package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// PrivacyRules reads the whole table: it has a row for each organization that ever had rules.
func (s *Store) PrivacyRules(ctx context.Context) ([]events.Privacy, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []events.Privacy
	err := s.query(ctx, "privacy_rules", shape{}, pgx.NamedArgs{}, func(rows pgx.Rows) error {
		var p events.Privacy
		var text string
		if err := rows.Scan(&p.Organization, &p.Revision, &text, &p.Key); err != nil {
			return err
		}
		list = append(list, p)
		return json.Unmarshal([]byte(text), &list[len(list)-1].Rules)
	})
	return list, err
}

// SetPrivacyRules writes one row, if nobody was faster.
func (s *Store) SetPrivacyRules(ctx context.Context, before int64, p events.Privacy) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	rules, err := json.Marshal(p.Rules)
	if err != nil {
		return err
	}
	text, err := work("set_privacy_rules", shape{})
	if err != nil {
		return err
	}
	tag, err := s.pool.Exec(ctx, text, pgx.NamedArgs{"before": before, "organization": p.Organization, "revision": p.Revision, "rules": string(rules), "key": p.Key})
	if err == nil && tag.RowsAffected() == 0 {
		return events.ErrPrivacyConflict
	}
	return translate(ctx, err)
}
