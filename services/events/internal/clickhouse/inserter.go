package clickhouse

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/clickhouse/columns"
	"devtrail.dev/services/events/internal/querytag"
	"devtrail.dev/services/events/internal/queue"
)

// inserter is one connection for blocks, with columns that are used again. It belongs to one call at a time.
type inserter struct {
	client *ch.Client // nil while there is none
	rows   *columns.Block
	shares []share
}

// share is a block's part of one partition: how many rows it has in each table.
type share struct {
	year         int
	from, before int64 // microseconds
	rows         counts
}

// counts are rows of the two tables.
type counts struct{ events, packages uint64 }

// fill makes the columns of the rows that are not there yet, and counts all that must be. Left out are the events that are known.
func (in *inserter) fill(b *queue.Block, known []int, there map[int]counts, of stamps, promoted filled) {
	in.rows.Begin(b.Len(), promoted.slots)
	in.shares = in.shares[:0]
	at := 0
	for n, row := range b.Rows() {
		if len(known) > 0 && known[0] == n {
			known = known[1:]
			continue
		}
		row.DeveloperID = of.of(row.Organization, row.ActorKind, row.ActorValue, row.DeveloperID)
		at = in.share(at, row.OccurredAt)
		s := &in.shares[at]
		has := there[s.year]
		s.rows.events++
		s.rows.packages += uint64(in.rows.Add(row, b.Number, has.events == 0, has.packages == 0))
		for _, slot := range promoted.slots {
			in.rows.Promote(slot, promoted.value(row.Organization, slot, row.Properties))
		}
	}
	in.rows.Sort()
}

// share finds the share of a time, beginning with one, since events of one year come in runs.
func (in *inserter) share(at int, micros int64) int {
	if at < len(in.shares) && micros >= in.shares[at].from && micros < in.shares[at].before {
		return at
	}
	for i := range in.shares {
		if micros >= in.shares[i].from && micros < in.shares[i].before {
			return i
		}
	}
	year := timeOf(micros).Year()
	in.shares = append(in.shares, share{year: year, from: newYear(year), before: newYear(year + 1)})
	return len(in.shares) - 1
}

// whole tells whether each partition has all of its rows. One that has some of them is a database that does not publish parts as a whole.
func (in *inserter) whole(there map[int]counts) (bool, error) {
	all := true
	for _, s := range in.shares {
		has := there[s.year]
		if has.events != 0 && has.events != s.rows.events || has.packages != 0 && has.packages != s.rows.packages {
			return false, events.ErrStoreUnavailable.With("the year %d of a block has %d of %d events and %d of %d packages: a part must be there as a whole or not at all",
				s.year, has.events, s.rows.events, has.packages, s.rows.packages)
		}
		all = all && has == s.rows
	}
	return all, nil
}

// largestBlock is more rows and bytes than a block has: the server must not cut it, since each piece would get a token of its own.
const largestBlock = 1 << 32

// insert sends columns as one block under a token. An error leaves the connection unusable.
func (in *inserter) insert(ctx context.Context, s *Store, table string, input proto.Input, token string) error {
	if input[0].Data.Rows() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), insertTimeout)
	defer cancel()
	if err := in.dial(ctx, s); err != nil {
		return translate(ctx, err)
	}
	err := in.client.Do(ctx, ch.Query{
		Body:    "INSERT INTO " + identifier(s.options.Auth.Database) + "." + table + " " + input.Columns() + " VALUES",
		Input:   input,
		QueryID: s.prefix + token + "/" + uuid.NewString(),
		Settings: []ch.Setting{
			ch.SettingInt("async_insert", 0),
			ch.SettingInt("max_insert_block_size", largestBlock),
			ch.SettingInt("max_partitions_per_insert_block", 0), // a Git history may touch every year there is
			ch.SettingInt("min_insert_block_size_bytes", largestBlock),
			ch.SettingInt("min_insert_block_size_rows", largestBlock),
			{Important: true, Key: "insert_deduplication_token", Value: token},
			{Key: "log_comment", Value: querytag.JSON("", querytag.Of(ctx, uuid.Nil, "insert"))},
		},
	})
	if err != nil {
		in.close()
		if ctx.Err() != nil { // the caller did not leave: the insert took too long
			return events.ErrStoreUnavailable.Wrap(err)
		}
	}
	return translate(ctx, err)
}

// identifier quotes a name of the settings.
func identifier(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

// dial connects to the first server of the URL that answers, unless there is a connection that lives: one that died while nothing was inserted is noticed
// before a block goes into it, since an insert that failed is settled, whatever came of it. The connection names no database: the embedded server
// ends itself when a client asks for one that was dropped meanwhile, while an insert that names it gets an error.
func (in *inserter) dial(ctx context.Context, s *Store) error {
	if in.alive(ctx, s) {
		return nil
	}
	in.close()
	var mistakes []error
	for _, address := range s.options.Addr {
		client, err := ch.Dial(ctx, ch.Options{
			Address: address, ClientName: s.application, Compression: s.compression, DialTimeout: s.options.DialTimeout,
			HandshakeTimeout: s.options.DialTimeout, Password: s.options.Auth.Password, ReadTimeout: insertTimeout, TLS: s.options.TLS, User: s.options.Auth.Username,
		})
		if err == nil {
			in.client = client
			return nil
		}
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

func (in *inserter) alive(ctx context.Context, s *Store) bool {
	if in.client == nil || in.client.IsClosed() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.DialTimeout)
	defer cancel()
	return in.client.Ping(ctx) == nil
}

func (in *inserter) close() {
	if in.client != nil {
		_ = in.client.Close()
		in.client = nil
	}
}

// tokenOf names the rows of a block that an attempt sends to a table, in one life of the server.
func tokenOf(table string, number, life uint64, attempt int) string {
	return strings.Join([]string{table, formatUint(number), formatUint(life), strconv.Itoa(attempt)}, "/")
}
