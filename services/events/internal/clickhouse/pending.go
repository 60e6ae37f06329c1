package clickhouse

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// readOverrides asks how overrides must be looked up; while there are none the questions keep their simplest shape.
func (s *Store) readOverrides(organization uuid.UUID) func(context.Context) (*lookup, error) {
	return func(ctx context.Context) (*lookup, error) {
		newest := make(map[identity]override)
		rows := 0
		p := about(organization)
		p.number("limit", mostKnown+1)
		lean := clickhouse.Settings{"max_threads": 1} // each question may wait for it, and there is next to nothing to read
		err := s.runWith(ctx, "overrides", shape{}, p, lean, func(r driver.Rows) error {
			var o override
			err := r.Scan(&o.identity.kind, &o.identity.value, &o.key, &o.developer, &o.sequence, &o.previous)
			newest[o.identity] = newest[o.identity].or(o)
			rows++
			return err
		})
		if err != nil {
			return nil, judge(ctx, err)
		}
		if rows == 0 {
			return nil, nil //nolint:nilnil // nil is the lookup without overrides
		}
		if rows > mostKnown {
			return &lookup{many: true}, nil
		}
		return &lookup{name: "override", overrides: slices.SortedFunc(maps.Values(newest), override.compare)}, nil
	}
}

// or is the newer of two overrides of an identity. Its events may be stamped with whom either names.
func (o override) or(other override) override {
	newer := o
	if other.sequence > o.sequence {
		newer = other
	}
	switch {
	case o.sequence == 0:
		newer.previous = ordered(other.previous)
	case o.previous == nil || len(other.previous) == 0:
		newer.previous = nil
	default:
		newer.previous = ordered(slices.Concat(o.previous, other.previous))
	}
	return newer
}

// ordered has each id once; nil without any.
func ordered(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return nil
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
