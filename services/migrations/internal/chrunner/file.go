package chrunner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// run applies one file to all hosts.
type run struct {
	cfg        Config
	file       schema.File
	hosts      []*host
	now        func() time.Time
	req        Request
	statements []statement
	journal    map[*host]map[int]entry // what each host has done of the file
}

// work is a statement on one host, between being sent and being done.
type work struct {
	h         *host
	row       entry
	s         statement
	began     time.Time
	engine    string   // of the table it speaks of
	mutations []string // the ids for which it waits
}

// all applies the file and returns when every host has it.
func (r *run) all(ctx context.Context) error {
	began := r.now()
	var err error
	if r.statements, err = r.hosts[0].statements(ctx, r.file.Name, r.file.SQL); err != nil {
		return err
	}
	r.journal = map[*host]map[int]entry{}
	for _, h := range r.hosts {
		if r.journal[h], err = h.entries(ctx, r.file.Version); err != nil {
			return err
		}
	}
	if err := r.resumable(); err != nil {
		return err
	}
	r.req.Report(migrations.Progress{File: r.file.Name, Statements: len(r.statements), Phase: migrations.Checking})
	if err := r.preflight(ctx); err != nil {
		return err
	}
	for _, s := range r.statements {
		if err := r.statement(ctx, s); err != nil {
			return err
		}
	}
	if err := compareHosts(ctx, r.hosts); err != nil {
		return err
	}
	return r.commit(ctx, r.now().Sub(began), false)
}

// commit writes the rows that say that the file is applied. Every host is done by then, so each row is true for all.
func (r *run) commit(ctx context.Context, took time.Duration, baseline bool) error {
	if err := r.req.Check(ctx); err != nil {
		return err
	}
	r.observe(0, nil, BeforeCommit)
	for _, h := range r.hosts {
		if e, ok := r.journal[h][0]; ok && e.state == done && e.checksum == r.file.Checksum {
			continue
		}
		row := entry{
			version: r.file.Version, name: r.file.Name, checksum: r.file.Checksum, state: done, took: took,
			actor: r.req.Actor, overrides: r.req.Overrides[r.file.Name], baseline: baseline,
		}
		if err := h.write(ctx, r.cfg.Build, row); err != nil {
			return err
		}
	}
	r.observe(0, nil, AfterCommit)
	return nil
}

// resumable refuses a file of which a part was edited that has run. The rest may be edited, which is how a bad statement is mended.
func (r *run) resumable() error {
	for _, h := range r.hosts {
		for number, e := range r.journal[h] {
			if number == 0 || e.state != done {
				continue
			}
			if number > len(r.statements) {
				return migrations.ErrRefused.With("%s: statement %d has run and the file has only %d: restore it", r.file.Name, number, len(r.statements))
			}
			if s := r.statements[number-1]; s.checksum != e.checksum {
				return migrations.ErrRefused.With("%s line %d: the statement was edited after it had run: restore it and put the change behind it", r.file.Name, s.line)
			}
		}
	}
	return nil
}

// statement brings one statement to its hosts. What was begun on a host is brought to its end also when another host fails.
func (r *run) statement(ctx context.Context, s statement) error {
	hosts, err := r.route(ctx, s)
	if err != nil {
		return err
	}
	var begun []*work
	var failed error
	for _, h := range hosts {
		if r.ran(h, s, len(hosts)) {
			continue
		}
		if failed = r.req.Check(ctx); failed != nil {
			break
		}
		var w *work
		if w, failed = r.begin(ctx, h, s); failed != nil {
			break
		}
		begun = append(begun, w)
	}
	for _, w := range begun {
		if err := r.finish(ctx, w); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// ran reports whether the statement is done on a host; of one that runs on some hosts only, whether any host of the group has done it.
func (r *run) ran(h *host, s statement, routed int) bool {
	for _, other := range r.hosts {
		if e, ok := r.journal[other][s.number]; !ok || e.state != done {
			continue
		}
		if other == h || routed == 1 || routed < len(r.hosts) && other.shard == h.shard {
			return true
		}
	}
	return false
}

// begin looks at what is there, sends what is left of the statement, and returns without waiting for mutations.
func (r *run) begin(ctx context.Context, h *host, s statement) (*work, error) {
	w := &work{h: h, s: s, began: r.now()}
	w.row = entry{version: r.file.Version, name: r.file.Name, statement: uint32(s.number), checksum: s.checksum, state: started, actor: r.req.Actor}
	var prior *entry
	if e, ok := r.journal[h][s.number]; ok && e.checksum == s.checksum {
		prior = &e
		w.row.before = e.before
	}
	r.observe(s.number, h, Before)
	r.say(w, migrations.Progress{Phase: migrations.RunningStatement, Message: r.where(s) + "begins"})
	if prior == nil {
		if err := r.check(ctx, h, s, nil); err != nil {
			return nil, err
		}
	}
	if prior == nil || prior.state == failed {
		var err error
		if w.row.before, err = h.before(ctx, s, w.row.before); err != nil {
			return nil, err
		}
	}
	var err error
	if w.engine, err = h.engine(ctx, s.object()); err != nil {
		return nil, err
	}
	left, err := r.left(ctx, h, s, prior, w.row.before)
	if err != nil {
		return nil, err
	}
	if prior == nil || prior.state == failed {
		if err := h.write(ctx, r.cfg.Build, w.row); err != nil {
			return nil, err
		}
	}
	r.observe(s.number, h, Journaled)
	if left != "" {
		if err := r.send(ctx, w, left); err != nil {
			return nil, err
		}
	}
	r.observe(s.number, h, Sent)
	return w, nil
}

// send has the server run what is left of the statement.
func (r *run) send(ctx context.Context, w *work, text string) error {
	sending := clickhouse.Context(ctx, clickhouse.WithQueryID(w.row.before.Query+"-"+uuid.NewString()[:8]), clickhouse.WithSettings(w.settings()), clickhouse.WithProgress(func(p *clickhouse.Progress) {
		r.say(w, progressOf(p))
	}))
	err := w.h.conn.Exec(sending, text)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s%w", r.where(w.s), roomy(w.h.away(err)))
	if exception(err) == nil {
		return err // the server is gone, and "started" says what is known
	}
	if w.s.fills() {
		// The same of a statement that has moved a part of its rows. What the server told on the way came too late or not at all; its log knows.
		if done, unknown := r.filled(ctx, w.h, w.s, w.row.before, w.began); done || unknown != nil {
			return fmt.Errorf("%w; a part of its rows may be there, so that it is not repeated as it is", err)
		}
	}
	w.row.state, w.row.message = failed, err.Error()
	_ = w.h.write(ctx, r.cfg.Build, w.row)
	return err
}

// roomy says what a want of room means for the run.
func roomy(err error) error {
	if err != nil && exception(err) != nil && scarce(err.Error()) {
		return fmt.Errorf("the server has no room; nothing is lost, and the run goes on here when there is some: %w", err)
	}
	return err
}

// settings of a statement. Alters that move rows are not waited for inside the statement, where nobody sees how far they are.
func (w *work) settings() clickhouse.Settings {
	s := clickhouse.Settings{"alter_sync": 1, "async_insert": 0, "lightweight_deletes_sync": 0, "mutations_sync": 0, "distributed_ddl_output_mode": "null_status_on_timeout"}
	if w.s.fills() { // the log of the server alone knows what is there of one that failed; see filled
		s["log_queries"], s["log_queries_min_query_duration_ms"], s["log_queries_min_type"], s["log_queries_probability"] = 1, 0, "QUERY_START", 1
	}
	for _, a := range w.s.actions {
		if a.mutates() && !strings.HasPrefix(w.engine, "Replicated") {
			s["alter_sync"] = 0
		}
	}
	return s
}

// finish waits for the mutations of the statement and writes that it is done.
func (r *run) finish(ctx context.Context, w *work) error {
	if err := r.await(ctx, w); err != nil {
		if exception(err) != nil || errors.Is(err, errMutation) {
			w.row.state, w.row.message = failed, err.Error()
			_ = w.h.write(context.WithoutCancel(ctx), r.cfg.Build, w.row)
		}
		return err
	}
	r.observe(w.s.number, w.h, After)
	w.row.state, w.row.took = done, r.now().Sub(w.began)
	if err := w.h.write(ctx, r.cfg.Build, w.row); err != nil {
		return err
	}
	r.observe(w.s.number, w.h, Done)
	return nil
}

// where begins a sentence about a statement.
func (r *run) where(s statement) string { return fmt.Sprintf("%s line %d: ", r.file.Name, s.line) }

func (r *run) observe(number int, h *host, phase Phase) {
	step := Step{File: r.file.Name, Phase: phase, Statement: number}
	if h != nil {
		step.Host = h.name
	}
	r.cfg.Observe(step)
}

// say reports a step of a statement.
func (r *run) say(w *work, p migrations.Progress) {
	p.File, p.Host, p.Statement, p.Statements = r.file.Name, w.h.name, w.s.number, len(r.statements)
	if p.Phase == 0 {
		p.Phase = migrations.RunningStatement
	}
	r.req.Report(p)
}

// progressOf is what the server says of a query that runs.
func progressOf(p *clickhouse.Progress) migrations.Progress {
	out := migrations.Progress{Rows: int64(max(p.Rows, p.WroteRows))}
	if p.TotalRows > 0 {
		out.Percent = min(100, 100*float64(p.Rows)/float64(p.TotalRows))
	}
	return out
}
