package clickhouse

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// pendingRow is a row of overrides.sql.
type pendingRow struct {
	overrides.Override

	sequence uint64
}

// or is the newer of two rows of an identity. Its events may be stamped with whom either names.
func (r pendingRow) or(other pendingRow) pendingRow {
	if r.sequence == 0 {
		return other
	}
	newer := r
	if other.sequence > r.sequence {
		newer = other
	}
	newer.Previous = slices.Concat(r.Previous, other.Previous)
	if len(r.Previous) == 0 || len(other.Previous) == 0 {
		newer.Previous = nil
	}
	return newer
}

// readOverrides asks how overrides must be looked up; while there are none the questions keep their simplest shape. What took so long to be read that it is not
// believed any more says nothing about now: then the statement of the question reads the overrides itself, which is right whatever happened meanwhile.
func (s *Store) readOverrides(organization uuid.UUID) func(context.Context) (*lookup, error) {
	return func(ctx context.Context) (*lookup, error) {
		newest, l := make(map[events.Identity]pendingRow), &lookup{name: "override", keys: make(map[events.Identity]uint64)}
		rows, began := 0, s.now()
		p := about(organization)
		p.number("limit", mostKnown+1)
		err := s.runWith(ctx, "overrides", shape{}, p, lean, func(r driver.Rows) error {
			var row pendingRow
			var kind uint8
			var key uint64
			err := r.Scan(&kind, &row.Identity.Value, &key, &row.DeveloperID, &row.sequence, &row.Previous)
			row.Identity.Kind = events.IdentityKind(kind)
			newest[row.Identity], l.keys[row.Identity] = newest[row.Identity].or(row), key
			rows++
			return err
		})
		if err == nil && rows > 0 && rows <= mostKnown {
			l.overtaken, err = s.dropOvertaken(ctx, organization, newest)
		}
		switch {
		case err != nil:
			return nil, judge(ctx, err)
		case late(began, s.now()), rows > mostKnown:
			return &lookup{many: true}, nil
		case len(newest) == 0:
			return nil, nil //nolint:nilnil // nil is the lookup without overrides
		}
		for _, identity := range slices.SortedFunc(maps.Keys(newest), events.Identity.Compare) {
			row := newest[identity]
			row.Previous = overrides.Each(row.Previous)
			l.pending = append(l.pending, row.Override)
		}
		return l, nil
	}
}

// lean are the settings of what each question may wait for, and of which there is next to nothing to read: too many rows for an answer are not too many of it.
var lean = clickhouse.Settings{"max_threads": 1, "max_result_rows": 0}

// late tells whether what was asked for at a time is too old to be believed now. A clock that was set back proves nothing.
func late(began, now time.Time) bool {
	took := now.Sub(began)
	return took < 0 || took >= overridesBelieved
}
