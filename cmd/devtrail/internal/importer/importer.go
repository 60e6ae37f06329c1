// Package importer brings a Git history into Devtrail: events to the events service, the lock files of the newest revision to packages. It is the
// last room of an import before the wire: gitlog -> history -> importer -> wire.
//
// An import may be stopped at any moment and repeated: ids of events depend on the history alone, so what was stored before is a duplicate.
// A checkpoint spares sending it all again; see Checkpoints.
package importer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/cmd/devtrail/internal/gitlog"
	"devtrail.dev/cmd/devtrail/internal/history"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// Options say what to import.
type Options struct {
	// Path is a folder in the repository, or the repository.
	Path string
	// Revision is the newest commit to import, with its ancestors; empty means HEAD.
	Revision string
	// Project, unless empty, names the project in place of the repository's remote.
	Project string
	// Formats reads lock files and manifests.
	Formats history.Formats
	// Checkpoints, unless nil, remembers how far imports came.
	Checkpoints *Checkpoints
	// Progress, unless nil, is told how far the import is.
	Progress Progress
	// Patience is how long to go on trying while the service stores nothing; 0 means two minutes.
	Patience time.Duration
	// Waiting, unless nil, hears why the service stores nothing, when that lasts for some seconds. It is called by one at a time.
	Waiting func(reason error)
	// Batch is how many events travel together; 0 means 2000, and 5000 is the most a service takes.
	Batch int
}

// Progress hears how far an import is. It is safe for concurrent use.
type Progress interface {
	// Total tells how many commits there are to read, once it is known.
	Total(commits int)
	// Done tells how many of them are stored.
	Done(commits int)
}

// Summary is what an import did.
type Summary struct {
	// Project is the name of the project.
	Project string
	// Revision is the id of the newest commit; empty when the repository has none.
	Revision string
	// Commits is how many commits were read; those before a checkpoint are not.
	Commits int
	// Resumed is the checkpoint's commit, if there was one that held.
	Resumed string
	// Boundary is how many commits were left out because a shallow clone does not know what they changed.
	Boundary int
	// Events is how many events were sent; each is stored, a duplicate or rejected.
	Events, Stored, Duplicates, Rejected int
	// Rejections are the first reasons why events were rejected.
	Rejections []Rejection
	// Unreadable is how many versions of lock files could not be read, and UnreadableFiles the first of them.
	Unreadable      int
	UnreadableFiles []history.Unreadable
	// Manifests is how many files of the newest revision packages took, ManifestFaults the first ones it did not.
	Manifests      int
	ManifestFaults []error
	// CheckpointFault, unless nil, is why the next import cannot begin where this one ended.
	CheckpointFault error
	// Took is how long it took.
	Took time.Duration
}

// Rejection is why an event will never be stored.
type Rejection struct{ EventID, Name, Reason, Field, Message string }

// shown is how many rejections and unreadable files a summary names.
const shown = 5

// Importer sends histories to two services.
type Importer struct {
	events    eventsv1.IngestServiceClient
	inventory packagesv1.InventoryServiceClient
	now       func() time.Time
}

// New makes an importer. Without inventory, nothing is sent to packages.
func New(events eventsv1.IngestServiceClient, inventory packagesv1.InventoryServiceClient, now func() time.Time) *Importer {
	return &Importer{events: events, inventory: inventory, now: now}
}

// Run imports a history. When it fails or ctx ends, the summary tells what was done until then.
func (i *Importer) Run(ctx context.Context, options Options) (Summary, error) {
	began := i.now()
	run := run{importer: i, options: options}
	err := run.do(ctx)
	if run.mark != nil {
		run.summary.CheckpointFault = run.mark.err
	}
	run.summary.Took = i.now().Sub(began)
	return run.summary, err
}

// run is one import.
type run struct {
	importer *Importer
	options  Options
	repo     *gitlog.Repository
	mark     *mark
	summary  Summary
}

func (r *run) do(ctx context.Context) error {
	if r.options.Revision == "" {
		r.options.Revision = "HEAD"
	}
	if err := r.open(ctx); err != nil || r.summary.Revision == "" {
		return err
	}
	sender := newSender(r.importer.events, r.options, r.importer.now, &r.summary)
	rng := gitlog.Range{Tip: r.summary.Revision}
	// The service stores what it is asked for, so that it would have it when it is asked again: the checkpoint is taken away first.
	if after := r.mark.commit(ctx, r.repo); after != "" && r.mark.forget() {
		holds, err := r.holds(ctx, sender, after)
		if holds || err != nil {
			r.mark.reached(after)
		}
		if err != nil {
			return fmt.Errorf("import %q: %w", r.options.Path, err)
		}
		if holds {
			r.summary.Resumed, rng.After = after, after
		}
	}
	if err := r.send(ctx, sender, rng); err != nil {
		return fmt.Errorf("import %q: %w", r.options.Path, err)
	}
	if r.importer.inventory == nil {
		return nil
	}
	return r.manifests(ctx)
}

// open finds the repository and what it is called. An empty repository is no failure.
func (r *run) open(ctx context.Context) error {
	var err error
	if r.repo, err = gitlog.Open(ctx, r.options.Path); err != nil {
		return err
	}
	revision, err := r.repo.Resolve(ctx, r.options.Revision)
	empty := errors.Is(err, gitlog.ErrEmpty)
	if err != nil && !empty {
		return err // before the summary has a project: one without a revision is of an empty repository
	}
	r.summary.Project = r.options.Project
	if r.summary.Project == "" {
		r.summary.Project = history.Project(r.repo.Remote(ctx), r.repo.Name)
	}
	if empty {
		return nil
	}
	r.summary.Revision = revision
	r.mark = r.options.Checkpoints.mark(r.repo, r.summary.Project)
	return nil
}

// holds sends the event of a checkpoint's commit again and says whether the service had it. Those of its packages, which may be more than one call takes,
// would say no more: the checkpoint was written when all of them were stored. An error says that the service has no more of the commit than before.
func (r *run) holds(ctx context.Context, sender *sender, commit string) (bool, error) {
	for commit, err := range history.Walk(ctx, r.repo, r.walk(gitlog.Range{Tip: commit, Only: true})) {
		if err != nil || len(commit.Events) == 0 {
			return false, err
		}
		authored := commit.Events[0]
		result, err := deliver.Once(ctx, sender.client, authored, sender.patience.Retry())
		if result == nil {
			return false, err
		}
		sender.note(authored, result)
		return result.GetStatus() == eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, nil
	}
	return false, nil
}

func (r *run) walk(rng gitlog.Range) history.Options {
	return history.Options{
		Project: r.summary.Project, Range: rng, Formats: r.options.Formats, Workers: runtime.GOMAXPROCS(0),
	}
}

// send walks the history and sends its events in batches, several at once.
func (r *run) send(ctx context.Context, sender *sender, rng gitlog.Range) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	counted := r.count(ctx, rng)
	sender.start(ctx, r.acked)
	err := func() error {
		for commit, err := range history.Walk(ctx, r.repo, r.walk(rng)) {
			if err != nil {
				return err
			}
			r.note(commit)
			if err := sender.add(commit); err != nil {
				return err
			}
		}
		return nil
	}()
	if err != nil {
		cancel()
	}
	// What the sender met is the reason; in the walk it shows as a context that ended.
	if sent := sender.finish(); sent != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = sent
	}
	cancel()
	<-counted
	return err
}

func (r *run) note(commit history.Commit) {
	r.summary.Commits++
	if len(commit.Events) == 0 {
		r.summary.Boundary++
	}
	r.summary.Unreadable += len(commit.Unreadable)
	free := max(shown-len(r.summary.UnreadableFiles), 0)
	r.summary.UnreadableFiles = append(r.summary.UnreadableFiles, commit.Unreadable[:min(free, len(commit.Unreadable))]...)
}

// acked hears that all events of the first commits, up to commit, are stored.
func (r *run) acked(commits int, commit string) {
	if r.options.Progress != nil {
		r.options.Progress.Done(commits)
	}
	r.mark.reached(commit)
}

// count tells the progress how many commits there are, beside the import. What it returns is closed at its end.
func (r *run) count(ctx context.Context, rng gitlog.Range) <-chan struct{} {
	done := make(chan struct{})
	if r.options.Progress == nil {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		if commits, err := r.repo.Count(ctx, rng); err == nil {
			r.options.Progress.Total(commits)
		}
	}()
	return done
}
