package chrunner

import (
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/migrations"
)

// The rules of the looks before a statement. An override of a rule lets a file pass it.
const (
	ruleColumnInView  = "ch-alter-column-used-by-mv"
	ruleConvert       = "ch-modify-column-type-may-strand"
	ruleDDLQueue      = "ch-ddl-queue-backlog"
	ruleDropSize      = "ch-drop-table"
	ruleFreeDisk      = "ch-free-disk"
	ruleMutations     = "ch-mutation-backlog"
	ruleParts         = "ch-too-many-parts"
	ruleReplica       = "ch-replica-readonly"
	ruleTableOfView   = "ch-drop-mv-target"
	mostMutations     = 100
	partsShare        = 0.9 // of the number at which the server begins to slow inserts down
	diskReserve       = 1.1 // a rewrite needs a little more than its columns have now
	defaultPartsDelay = 1000
)

// earlier is what the statements before this one in a file change, for a look at all of them before the first runs.
type earlier struct {
	gone    []object // tables and views that they drop
	touched []object // tables that they change
}

func (e *earlier) dropped(h *host, o object) bool {
	return e != nil && slices.ContainsFunc(e.gone, func(g object) bool { return g.in(h) == o.in(h) && g.name == o.name })
}

func (e *earlier) changed(h *host, o object) bool {
	return e != nil && slices.ContainsFunc(e.touched, func(g object) bool { return g.in(h) == o.in(h) && g.name == o.name })
}

// preflight looks at the hosts and at all statements before the first runs, so that a file is refused as a whole where that can be seen.
func (r *run) preflight(ctx context.Context) error {
	for _, h := range r.hosts {
		if err := r.ready(ctx, h); err != nil {
			return err
		}
		var before earlier
		for _, s := range r.statements {
			if _, begun := r.journal[h][s.number]; !begun {
				if err := r.check(ctx, h, s, &before); err != nil {
					return err
				}
			}
			if s.verb == "DROP" {
				before.gone = append(before.gone, s.objects...)
			}
			before.touched = append(before.touched, s.objects...)
		}
	}
	return nil
}

// ready looks at what concerns a host as a whole.
func (r *run) ready(ctx context.Context, h *host) error {
	readonly, err := column[string](ctx, h.server, "SELECT table FROM system.replicas WHERE database = {database:String} AND is_readonly ORDER BY table", clickhouse.Named("database", h.database))
	if err != nil {
		return h.away(err)
	}
	if len(readonly) > 0 {
		err := r.refuse(ruleReplica, "%s: %sthe replica of %s is read-only: it has lost Keeper or is being restored; nothing is begun before it can be written", r.file.Name, h.prefix(), readonly[0])
		if err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(r.statements, func(s statement) bool { return s.cluster }) {
		return nil
	}
	waiting, err := scalar[uint64](ctx, h.server, "SELECT uniqExact(entry) FROM system.distributed_ddl_queue WHERE status != 'Finished'")
	if err != nil {
		return h.away(fmt.Errorf("read the queue of ON CLUSTER: %w", err))
	}
	if waiting > 0 {
		return r.refuse(ruleDDLQueue, "%s: %s%d statements of ON CLUSTER wait in system.distributed_ddl_queue, and this one would wait behind them", r.file.Name, h.prefix(), waiting)
	}
	return nil
}

// check looks at what could go wrong with one statement. Before is nil when it is about to run; else it has what stands before it in the file,
// and what cannot be known yet is passed over.
func (r *run) check(ctx context.Context, h *host, s statement, before *earlier) error {
	if err := r.checkViews(ctx, h, s, before); err != nil {
		return err
	}
	if before.changed(h, s.object()) {
		return nil
	}
	if err := r.checkDrop(ctx, h, s); err != nil {
		return err
	}
	if slices.ContainsFunc(s.actions, action.mutates) {
		if err := r.checkBacklog(ctx, h, s); err != nil {
			return err
		}
		if err := r.checkDisk(ctx, h, s); err != nil {
			return err
		}
	}
	if s.verb == "INSERT" {
		if err := r.checkParts(ctx, h, s); err != nil {
			return err
		}
	}
	for _, a := range s.actions {
		if a.verb == "MODIFY" && a.what == "COLUMN" {
			if err := r.checkConvert(ctx, h, s, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuse refuses by a rule, unless an override lets the file pass.
func (r *run) refuse(rule, format string, args ...any) error {
	if r.req.passes(r.file.Name, rule) {
		return nil
	}
	return migrations.ErrRefused.With("%s (rule %s)", fmt.Sprintf(format, args...), rule)
}

// checkBacklog refuses a mutation behind others that fail or that are too many: it would wait for them, since they are done in order.
func (r *run) checkBacklog(ctx context.Context, h *host, s statement) error {
	all, err := h.mutations(ctx, s.object())
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(all, func(m mutation) bool { return m.done })
	for _, m := range open {
		if m.reason != "" {
			return r.refuse(ruleMutations, "%s%s%s of %s fails, and a new mutation would wait behind it: %s; mend or kill it first: [%s]",
				r.where(s), h.prefix(), m.id, s.object(), short(m.reason), m.command)
		}
	}
	if len(open) >= mostMutations {
		return r.refuse(ruleMutations, "%s%s%d mutations of %s are not done, and a new one would wait behind them", r.where(s), h.prefix(), len(open), s.object())
	}
	return nil
}

// checkParts refuses to bring rows to a table that has nearly too many parts.
func (r *run) checkParts(ctx context.Context, h *host, s statement) error {
	most, err := scalar[uint64](ctx, h.server, `
SELECT max(parts)
FROM (
    SELECT count() AS parts
    FROM system.parts
    WHERE active
      AND database = {database:String}
      AND table = {table:String}
    GROUP BY partition_id
)`, clickhouse.Named("database", s.object().in(h)), clickhouse.Named("table", s.object().name))
	if err != nil {
		return h.away(err)
	}
	limit, err := scalar[uint64](ctx, h.server, "SELECT toUInt64OrZero(value) FROM system.merge_tree_settings WHERE name = 'parts_to_delay_insert'")
	if err != nil {
		return h.away(err)
	}
	if limit == 0 {
		limit = defaultPartsDelay
	}
	if float64(most) >= partsShare*float64(limit) {
		return r.refuse(ruleParts, "%s%sa partition of %s has %d parts, and inserts are slowed down at %d: let the merges catch up first", r.where(s), h.prefix(), s.object(), most, limit)
	}
	return nil
}
