package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// freshPart is the name of a folder that one insert has published: partition, the same block twice, level 0.
var freshPart = regexp.MustCompile(`^\d+_(\d+)_(\d+)_0$`)

// tokenAlone brings ClickHouse into the state that a kill between two of its steps leaves about once in 150: a plain MergeTree writes the token of an
// insert into its log of tokens before it publishes the part, so the token is known and the rows are not there. An insert is stopped until all others are
// over, and its answer is held back, so what is published from then on is confirmed to nobody; then the server is killed and what was published is removed.
func (s *stage) tokenAlone(ctx context.Context) error {
	defer s.back.resume()
	defer s.back.release()
	for range 20 {
		if err := s.awaitInsert(ctx, s.back.catch()); err != nil {
			return err
		}
		var err error
		alone := until(ctx, patience, func() bool {
			var running uint64
			running, err = s.inserting(ctx)
			return err != nil || running <= uint64(s.back.stopped()) //nolint:gosec // a count
		})
		switch {
		case err != nil:
			return err
		case !alone:
			return errors.New("an insert does not end")
		}
		s.back.hold(true)
		before, err := s.parts()
		s.back.release()
		if err != nil {
			return err
		}
		var fresh []string
		until(ctx, 5*time.Second, func() bool {
			fresh, err = s.newParts(before)
			return len(fresh) > 0 || err != nil
		})
		if err != nil {
			return err
		}
		if len(fresh) == 0 { // the insert was a repeated one that brought nothing new
			s.back.resume()
			continue
		}
		return s.engine.kill(ctx, 0, func() error {
			s.back.cut()
			return removeAll(fresh)
		})
	}
	return errors.New("what is inserted is there already, whatever is sent")
}

// inserting is how many inserts the server has begun.
func (s *stage) inserting(ctx context.Context) (running uint64, err error) {
	err = s.withClickHouse(func(conn driver.Conn) error {
		return conn.QueryRow(ctx, "SELECT count() FROM system.processes WHERE query_kind = 'Insert'").Scan(&running)
	})
	return running, err
}

// newParts are the parts that are there now and were not before.
func (s *stage) newParts(before map[string]bool) (fresh []string, err error) {
	now, err := s.parts()
	for part := range now {
		if !before[part] {
			fresh = append(fresh, part)
		}
	}
	return fresh, err
}

// parts are the folders of the tables of events that inserts have published.
func (s *stage) parts() (map[string]bool, error) {
	folders := make(map[string]bool)
	for _, table := range s.tables {
		list, err := os.ReadDir(table)
		if err != nil {
			return nil, err
		}
		for _, entry := range list {
			if m := freshPart.FindStringSubmatch(entry.Name()); m != nil && m[1] == m[2] {
				folders[filepath.Join(table, entry.Name())] = true
			}
		}
	}
	return folders, nil
}

// merge has ClickHouse make few parts of many, and returns the folders of those that it has made others of. It keeps them for minutes; one that is started again
// counts these from when they were written, and may remove them at once.
func (s *stage) merge(ctx context.Context) (obsolete []string, err error) {
	err = s.withClickHouse(func(conn driver.Conn) error {
		for _, table := range tables {
			if err := conn.Exec(ctx, "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
				return err
			}
		}
		return conn.QueryRow(ctx, "SELECT groupArray(path) FROM system.parts WHERE database = currentDatabase() AND table IN ('events', 'event_packages') AND NOT active").Scan(&obsolete)
	})
	return obsolete, err
}

func removeAll(folders []string) error {
	for _, folder := range folders {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove a part: %w", err)
		}
	}
	return nil
}
