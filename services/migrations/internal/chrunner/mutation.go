package chrunner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations"
)

// errMutation says that a mutation was given up and is no longer there.
var errMutation = errors.New("the mutation was given up")

// mutation is a command of an entry of system.mutations.
type mutation struct {
	id      string
	number  int64
	command string
	left    int64 // parts to do
	done    bool
	killed  bool
	reason  string // why the last try of a part failed
}

// mutations returns those of a table in their order.
func (h *host) mutations(ctx context.Context, o object) ([]mutation, error) {
	var list []mutation
	err := each(ctx, h.server, `
SELECT
    mutation_id,
    command,
    parts_to_do,
    is_done,
    is_killed,
    latest_fail_reason
FROM system.mutations
WHERE database = {database:String}
  AND table = {table:String}`, func(scan func(...any) error) error {
		var m mutation
		var done, killed uint8
		if err := scan(&m.id, &m.command, &m.left, &done, &killed, &m.reason); err != nil {
			return err
		}
		m.number, m.done, m.killed = number(m.id), done > 0, killed > 0
		list = append(list, m)
		return nil
	}, clickhouse.Named("database", o.in(h)), clickhouse.Named("table", o.name))
	slices.SortStableFunc(list, func(a, b mutation) int { return int(a.number - b.number) })
	return list, h.away(err)
}

// since returns the mutations that the statement has started: those of its commands which are newer than what was there before it.
func (h *host) since(ctx context.Context, s statement, was before) ([]mutation, error) {
	all, err := h.mutations(ctx, s.object())
	return slices.DeleteFunc(all, func(m mutation) bool {
		return m.number <= was.Mutation || !slices.ContainsFunc(s.actions, func(a action) bool { return a.made(m.command) })
	}), err
}

// await waits for the mutations of a statement, and for no others.
func (r *run) await(ctx context.Context, w *work) error {
	if !slices.ContainsFunc(w.s.actions, action.mutates) {
		return nil
	}
	var most, seen int64
	var failing time.Time
	moved := r.now()
	for {
		ours, err := w.h.since(ctx, w.s, w.row.before)
		if err == nil {
			err = gone(w, ours)
		}
		if err != nil {
			return r.cancel(ctx, w, fmt.Errorf("%s%w", r.where(w.s), err))
		}
		open := slices.DeleteFunc(ours, func(m mutation) bool { return m.done })
		if len(open) == 0 {
			return nil
		}
		var left int64
		reason := ""
		for _, m := range open {
			left = max(left, m.left)
			if m.reason != "" {
				reason = m.reason
			}
		}
		most = max(most, left)
		if left != seen {
			seen, moved = left, r.now()
		}
		if r.now().Sub(moved) >= r.cfg.FailAfter {
			// A mutation without room is put off again and again, which is no failure to the server.
			moved = r.now()
			what, err := w.h.lack(ctx, w.s)
			if what != "" {
				err = r.short(w, open, what)
			}
			if err != nil {
				return err
			}
		}
		message := fmt.Sprintf("%s%s: %d parts to do", r.where(w.s), open[0].id, left)
		if reason != "" {
			message += "; the last try failed: " + short(reason)
		}
		r.say(w, migrations.Progress{Message: message, Percent: 100 * float64(most-left) / float64(max(most, 1))})
		switch {
		case reason == "":
			failing = time.Time{}
		case failing.IsZero():
			failing = r.now()
		case r.now().Sub(failing) >= r.cfg.FailAfter:
			return r.giveUp(ctx, w, open, reason)
		}
		if err := pause.For(ctx, r.cfg.Poll); err != nil {
			return r.cancel(ctx, w, err)
		}
	}
}

// gone finds the mutations that were there and are not any more, without having been done.
func gone(w *work, ours []mutation) error {
	for _, id := range w.mutations {
		if !slices.ContainsFunc(ours, func(m mutation) bool { return m.id == id }) {
			return fmt.Errorf("%s of %s was killed by somebody before it was done: %w", id, w.s.object(), errMutation)
		}
	}
	w.mutations = w.mutations[:0]
	for _, m := range ours {
		if !m.done && !slices.Contains(w.mutations, m.id) {
			w.mutations = append(w.mutations, m.id)
		}
	}
	return nil
}

// giveUp ends the wait for a mutation that fails again and again. What only changes rows is killed; a change of type cannot be taken back by that,
// and one that lacks room or memory goes on by itself when there is some.
func (r *run) giveUp(ctx context.Context, w *work, open []mutation, reason string) error {
	where := r.where(w.s) + w.h.prefix()
	if scarce(reason) {
		return r.short(w, open, short(reason))
	}
	if slices.ContainsFunc(w.s.actions, func(a action) bool { return a.verb == "MODIFY" && a.what == "COLUMN" }) {
		return fmt.Errorf("%s%s of %s cannot change the rows: %s; the table has the new type in its definition and the old one in its parts, so reads of the column fail until "+
			"the rows are mended; do not kill the mutation, which would not bring the old type back", where, open[0].id, w.s.object(), short(reason))
	}
	if err := w.h.kill(ctx, w.s.object(), open); err != nil {
		return err
	}
	return fmt.Errorf("%s%s of %s failed and was killed: %s; the parts that it had finished keep the change: %w", where, open[0].id, w.s.object(), short(reason), errMutation)
}

// short is the error of a mutation that lacks room.
func (r *run) short(w *work, open []mutation, what string) error {
	return fmt.Errorf("%s%s%s of %s waits for room: %s; it goes on by itself when there is some, nothing is lost, and the next run waits for it",
		r.where(w.s), w.h.prefix(), open[0].id, w.s.object(), what)
}

// cancel kills what the statement has started when the run was cancelled, and leaves it running at any other end.
func (r *run) cancel(ctx context.Context, w *work, err error) error {
	if ctx.Err() == nil || !errors.Is(context.Cause(ctx), ErrCancelled) {
		return err
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	ours, failed := w.h.since(last, w.s, w.row.before)
	if failed != nil {
		return failed
	}
	open := slices.DeleteFunc(ours, func(m mutation) bool { return m.done })
	if len(open) == 0 {
		return err
	}
	if err := w.h.kill(last, w.s.object(), open); err != nil {
		return err
	}
	return fmt.Errorf("%s%s%s of %s was killed, since the run was cancelled; the parts that it had finished keep the change: %w", r.where(w.s), w.h.prefix(), open[0].id, w.s.object(), errMutation)
}

// kill ends mutations by their ids.
func (h *host) kill(ctx context.Context, o object, list []mutation) error {
	for _, m := range list {
		err := h.server.Exec(ctx, "KILL MUTATION WHERE database = {database:String} AND table = {table:String} AND mutation_id = {id:String} ASYNC",
			clickhouse.Named("database", o.in(h)), clickhouse.Named("table", o.name), clickhouse.Named("id", m.id))
		if err != nil {
			return h.away(fmt.Errorf("kill %s of %s: %w", m.id, o, err))
		}
	}
	return nil
}

// scarce reports whether a failure is for want of room or memory.
func scarce(reason string) bool {
	for _, name := range []string{"NOT_ENOUGH_SPACE", "not enough space", "Cannot reserve", "MEMORY_LIMIT_EXCEEDED", "No space left on device", "CANNOT_WRITE_TO_FILE_DESCRIPTOR"} {
		if strings.Contains(reason, name) {
			return true
		}
	}
	return false
}

// short is the first sentence of what the server says.
func short(reason string) string {
	text, _, _ := strings.Cut(reason, ": while executing")
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 300 {
		return text[:300] + "..."
	}
	return text
}
