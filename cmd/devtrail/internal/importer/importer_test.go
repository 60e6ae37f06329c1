package importer_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/bench/gitfixture"
	"devtrail.dev/cmd/devtrail/internal/importer"
	"devtrail.dev/cmd/devtrail/internal/manifests"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/pause"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if productDir != "" {
		_ = os.RemoveAll(productDir)
	}
	if code == 0 {
		if err := leaktest.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// productDir is where the shared repository lies, once it was made.
var productDir string

// product makes a repository that the tests of this package share; none changes it.
var product = sync.OnceValues(func() (string, error) {
	var err error
	if productDir, err = os.MkdirTemp("", "devtrail-importer-"); err != nil {
		return "", err
	}
	dir := filepath.Join(productDir, "product.git")
	return dir, gitfixture.Generate(context.Background(), dir, gitfixture.Product{Commits: 250, Seed: 5})
})

func options(tb testing.TB) importer.Options {
	tb.Helper()
	dir, err := product()
	require.NoError(tb, err)
	return importer.Options{Path: dir, Formats: manifests.Formats{}, Batch: 100}
}

func run(ctx context.Context, s *service, o importer.Options) (importer.Summary, error) {
	return importer.New(s, s, time.Now).Run(ctx, o)
}

// runAtOnce is run on a machine that takes no time: batches are sent when they are full and never because they are old, so two imports of one history make the
// same calls.
func runAtOnce(ctx context.Context, s *service, o importer.Options) (importer.Summary, error) {
	now := time.Now()
	return importer.New(s, s, func() time.Time { return now }).Run(ctx, o)
}

func git(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), "git", append([]string{"-C", dir}, args...)...).Output()
	require.NoError(tb, err, "git %v", args)
	return strings.TrimSpace(string(out))
}

// small makes a repository of commits that follow one another, each a version of one file.
func small(tb testing.TB, path string, versions ...string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "small.git")
	w, err := gitfixture.New(tb.Context(), dir, gitfixture.Options{})
	require.NoError(tb, err)
	for n, version := range versions {
		c := gitfixture.Commit{Author: gitfixture.Person{Name: "Ada", Email: "ada@example.org"}, At: time.Unix(int64(1e9+n), 0)}
		c.Files = map[string]gitfixture.Entry{path: {Content: version}}
		if n > 0 {
			c.Parents = []int{n}
		}
		w.Commit(c)
	}
	require.NoError(tb, w.Close())
	return dir
}

func TestASecondImportStoresNothing(t *testing.T) {
	s, o := newService(), options(t)
	first, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Equal(t, "git.example.org/acme/product", first.Project)
	require.Equal(t, git(t, o.Path, "rev-parse", "HEAD"), first.Revision)
	require.Equal(t, 250, first.Commits)
	require.Equal(t, len(s.events), first.Stored)
	require.Equal(t, first.Events, first.Stored)
	require.Equal(t, 5, first.Manifests)
	require.Len(t, s.manifests, 5, "all of them are said to be there")
	require.Equal(t, first.Revision, s.ends[0].GetRevision())
	second, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Zero(t, second.Stored)
	require.Equal(t, first.Events, second.Duplicates)
}

func TestAnImportThatWasStoppedAndRepeatedIsAWholeOne(t *testing.T) {
	whole := newService()
	_, err := runAtOnce(t.Context(), whole, options(t))
	require.NoError(t, err)
	for _, calls := range []int{1, 2, 7, 13, whole.calls} {
		s, o := newService(), options(t)
		o.Checkpoints = &importer.Checkpoints{Dir: t.TempDir()}
		ctx, cancel := context.WithCancel(t.Context())
		s.call = func(n int) error {
			if n == calls {
				cancel()
			}
			return nil
		}
		_, err := runAtOnce(ctx, s, o)
		require.Error(t, err, "stopped at call %d", calls)
		require.Less(t, len(s.events), len(whole.events))
		s.call = nil
		stored := len(s.events)
		again, err := run(t.Context(), s, o)
		require.NoError(t, err)
		require.Equal(t, len(whole.events)-stored, again.Stored)
		require.Equal(t, whole.ids(), s.ids())
	}
}

func TestACheckpointSparesWhatIsStoredAndHoldsOnlyThere(t *testing.T) {
	s, o := newService(), options(t)
	o.Checkpoints = &importer.Checkpoints{Dir: t.TempDir()}
	first, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.NoError(t, first.CheckpointFault)
	s.sent = 0
	second, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Equal(t, first.Revision, second.Resumed)
	require.Zero(t, second.Stored)
	require.Less(t, s.sent, 20)
	// A service that was reset knows nothing, whatever the checkpoint says.
	empty := newService()
	third, err := run(t.Context(), empty, o)
	require.NoError(t, err)
	require.Empty(t, third.Resumed)
	require.Equal(t, s.ids(), empty.ids())
}

// To ask a service for the checkpoint's event stores the event, where there was none.
func TestACheckpointThatDidNotHoldIsNotBelievedAfterAnImportThatWasStopped(t *testing.T) {
	s, o := newService(), options(t)
	o.Checkpoints = &importer.Checkpoints{Dir: t.TempDir()}
	_, err := run(t.Context(), s, o)
	require.NoError(t, err)
	empty := newService()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	empty.call = func(n int) error {
		if n == 2 { // the first asks for the checkpoint
			stop()
		}
		return nil
	}
	_, err = run(ctx, empty, o)
	require.Error(t, err)
	require.Len(t, empty.events, 1)
	empty.call = nil
	again, err := run(t.Context(), empty, o)
	require.NoError(t, err)
	require.Empty(t, again.Resumed)
	require.Equal(t, s.ids(), empty.ids())
}

// What a service has stored without its answer coming through is a duplicate when it is sent again.
func TestACheckpointIsNotBelievedForWhatTheQuestionItselfStored(t *testing.T) {
	for name, lose := range map[string]func(s *service){
		"an answer that is lost": func(s *service) {
			s.called = func(n int) error {
				if n == 1 { // which asks for the checkpoint
					return fault.New(fault.Unavailable, "AWAY", "away")
				}
				return nil
			}
		},
		"an answer that leaves it open": func(s *service) {
			s.judge = func(event *eventsv1.Event) *eventsv1.CaptureResult {
				if s.calls > 1 {
					return nil
				}
				s.events[event.GetId()] = event
				return &eventsv1.CaptureResult{EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := newService(), options(t)
			o.Checkpoints = &importer.Checkpoints{Dir: t.TempDir()}
			_, err := run(t.Context(), s, o)
			require.NoError(t, err)
			empty := newService()
			lose(empty)
			again, err := run(t.Context(), empty, o)
			require.NoError(t, err)
			require.Empty(t, again.Resumed)
			require.Equal(t, s.ids(), empty.ids())
		})
	}
}

// To ask a service in vain leaves it as it was.
func TestACheckpointOutlivesImportsThatTheServiceTookNothingOf(t *testing.T) {
	for name, c := range map[string]struct {
		fail func(s *service)
		kind fault.Kind
	}{
		"it is away": {func(s *service) { s.away = true }, fault.Unavailable},
		"it refuses the key": {func(s *service) {
			s.call = func(int) error { return fault.New(fault.Unauthenticated, "CREDENTIAL_INVALID", "no") }
		}, fault.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := newService(), options(t)
			o.Checkpoints, o.Patience = &importer.Checkpoints{Dir: t.TempDir()}, time.Millisecond
			first, err := run(t.Context(), s, o)
			require.NoError(t, err)
			c.fail(s)
			_, err = run(t.Context(), s, o)
			require.ErrorIs(t, err, c.kind)
			s.away, s.call = false, nil
			again, err := run(t.Context(), s, o)
			require.NoError(t, err)
			require.Equal(t, first.Revision, again.Resumed)
			require.Equal(t, 1, again.Events)
		})
	}
}

// A monorepo's first lock file may add more packages than one call takes.
func TestACheckpointOfACommitOfManyPackagesHolds(t *testing.T) {
	var lock strings.Builder
	lock.WriteString(`{"lockfileVersion":3,"packages":{"node_modules/p0":{"version":"1.0.0"}`)
	for n := range 5000 {
		fmt.Fprintf(&lock, `,"node_modules/p%d":{"version":"1.0.0"}`, n+1)
	}
	lock.WriteString("}}")
	dir := small(t, "package-lock.json", lock.String())
	s, o := newService(), importer.Options{Path: dir, Formats: manifests.Formats{}, Checkpoints: &importer.Checkpoints{Dir: t.TempDir()}}
	first, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Equal(t, 5002, first.Stored)
	second, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Equal(t, first.Revision, second.Resumed)
	require.Equal(t, 1, second.Events)
}

func TestACheckpointOfARewrittenHistoryDoesNotHold(t *testing.T) {
	dir := small(t, "go.mod", "module x\n", "module x\nrequire example.com/a v1.0.0\n", "module x\n")
	s, o := newService(), importer.Options{Path: dir, Formats: manifests.Formats{}, Checkpoints: &importer.Checkpoints{Dir: t.TempDir()}}
	_, err := run(t.Context(), s, o)
	require.NoError(t, err)
	git(t, dir, "update-ref", "refs/heads/main", git(t, dir, "rev-parse", "main^"))
	git(t, dir, "reflog", "expire", "--expire=now", "--all")
	git(t, dir, "gc", "--quiet", "--prune=now")
	again, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Empty(t, again.Resumed)
	require.Equal(t, 2, again.Commits)
	require.Zero(t, again.Stored)
}

func TestFailuresThatPassAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		refused := map[string]bool{}
		s.call = func(n int) error {
			if n%3 == 0 {
				return fault.New(fault.Unavailable, "AWAY", "away")
			}
			return nil
		}
		s.judge = func(event *eventsv1.Event) *eventsv1.CaptureResult {
			if len(refused)%2 == 0 && !refused[event.GetId()] {
				refused[event.GetId()] = true
				return &eventsv1.CaptureResult{EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY}
			}
			refused[event.GetId()] = true
			return nil
		}
		sender := importer.New(s, nil, time.Now)
		var events []*eventsv1.Event
		for range 10 {
			events = append(events, &eventsv1.Event{Id: string(rune('a' + len(events)))})
		}
		require.NoError(t, importer.Send(t.Context(), sender, events))
		require.Len(t, s.events, 10)
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.call = func(int) error { return fault.New(fault.Unavailable, "AWAY", "away") }
		began := time.Now()
		err := importer.Send(t.Context(), importer.New(s, nil, time.Now), []*eventsv1.Event{{Id: "a"}})
		require.ErrorIs(t, err, fault.Unavailable)
		require.ErrorContains(t, err, "gave up after 2m")
		require.Less(t, time.Since(began), 3*time.Minute)
	})
}

func TestPatienceIsOneForAllBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(), time.Now()
		s.judge = func(event *eventsv1.Event) *eventsv1.CaptureResult {
			if event.GetId() != "0" || time.Since(began) > 5*time.Minute {
				return nil
			}
			return &eventsv1.CaptureResult{EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY}
		}
		err := importer.SendEach(t.Context(), importer.New(s, nil, time.Now), func(yield func(*eventsv1.Event) bool) {
			for n := range 20 {
				if !yield(&eventsv1.Event{Id: strconv.Itoa(n)}) || pause.For(t.Context(), 30*time.Second) != nil {
					return
				}
			}
		})
		require.NoError(t, err)
		require.Len(t, s.events, 20)
	})
}

func TestARefusalEndsTheImportAtOnce(t *testing.T) {
	s := newService()
	s.call = func(int) error { return fault.New(fault.Denied, "ROLE_MISSING", "the key may not send events") }
	_, err := run(t.Context(), s, options(t))
	require.ErrorIs(t, err, fault.Denied)
	require.ErrorContains(t, err, "the key may not send events")
}

func TestRejectedEventsAreCountedAndTheFirstOnesNamed(t *testing.T) {
	s := newService()
	s.judge = func(event *eventsv1.Event) *eventsv1.CaptureResult {
		if event.GetName() != "package.added" {
			return nil
		}
		return &eventsv1.CaptureResult{
			EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, Reason: "PURL_INVALID", Field: "packages[0]", Message: "no",
		}
	}
	summary, err := run(t.Context(), s, options(t))
	require.NoError(t, err)
	require.Greater(t, summary.Rejected, 1000)
	require.Len(t, summary.Rejections, 5)
	require.Equal(t, "PURL_INVALID", summary.Rejections[0].Reason)
	require.Equal(t, summary.Events, summary.Stored+summary.Rejected)
}

func TestFilesThatCannotBeReadDoNotStopAnImport(t *testing.T) {
	dir := small(t, "web/package-lock.json", `{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}}`, "<<<<<<< HEAD\n{")
	s := newService()
	s.manifest = func(*packagesv1.ImportManifestRequest) error {
		return fault.New(fault.Invalid, "MANIFEST_INVALID", "it cannot be read")
	}
	summary, err := run(t.Context(), s, importer.Options{Path: dir, Formats: manifests.Formats{}})
	require.NoError(t, err)
	require.Equal(t, 3, summary.Stored)
	require.Equal(t, 1, summary.Unreadable)
	require.Equal(t, "web/package-lock.json", summary.UnreadableFiles[0].Path)
	require.Zero(t, summary.Manifests)
	require.Len(t, summary.ManifestFaults, 1)
	require.Equal(t, []string{"web/package-lock.json"}, s.ends[0].GetPresentPaths(), "it is there all the same")
	require.Equal(t, "local/small", summary.Project)
}

func TestFilesThatAreGoneEnd(t *testing.T) {
	dir := small(t, "requirements.txt", "six==1.16.0\n")
	s, o := newService(), importer.Options{Path: dir, Formats: manifests.Formats{}}
	_, err := run(t.Context(), s, o)
	require.NoError(t, err)
	require.Contains(t, s.manifests, "requirements.txt")
	git(t, dir, "read-tree", "--empty")
	gone := git(t, dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit-tree", git(t, dir, "write-tree"), "-p", "HEAD", "-m", "gone")
	git(t, dir, "update-ref", "HEAD", gone)
	_, err = run(t.Context(), s, o)
	require.NoError(t, err)
	require.Empty(t, s.manifests)
	last := s.ends[len(s.ends)-1]
	require.Equal(t, gone, last.GetRevision())
	require.Equal(t, "local/small", last.GetProject())
}

func TestAServiceThatCannotEndFilesDoesNotStopAnImport(t *testing.T) {
	s := newService()
	s.old = true
	summary, err := run(t.Context(), s, importer.Options{Path: small(t, "requirements.txt", "six==1.16.0\n"), Formats: manifests.Formats{}})
	require.NoError(t, err)
	require.Equal(t, 1, summary.Manifests)
	require.Len(t, summary.ManifestFaults, 1)
	require.ErrorIs(t, summary.ManifestFaults[0], fault.Unimplemented)
}

// TestMorePathsThanAMessageTakesEndNothing has 20 MB of them.
func TestMorePathsThanAMessageTakesEndNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "many")
	w, err := gitfixture.New(t.Context(), dir, gitfixture.Options{})
	require.NoError(t, err)
	c := gitfixture.Commit{Author: gitfixture.Person{Name: "Ada", Email: "ada@example.org"}, At: time.Unix(1e9, 0), Files: map[string]gitfixture.Entry{}}
	deep := strings.Repeat(strings.Repeat("d", 190)+"/", 5)
	for n := range 20_000 {
		c.Files[fmt.Sprintf("%s%05d/requirements.txt", deep, n)] = gitfixture.Entry{}
	}
	w.Commit(c)
	require.NoError(t, w.Close())
	s := newService()
	summary, err := run(t.Context(), s, importer.Options{Path: dir, Formats: manifests.Formats{}})
	require.NoError(t, err)
	require.Equal(t, 20_000, summary.Manifests)
	require.Empty(t, s.ends)
	require.Len(t, summary.ManifestFaults, 1)
	require.Equal(t, "MANIFESTS_TOO_MANY", fault.ReasonOf(summary.ManifestFaults[0]))
}

func TestAnEmptyRepositoryIsNoFailure(t *testing.T) {
	s := newService()
	summary, err := run(t.Context(), s, importer.Options{Path: small(t, ""), Project: "p", Formats: manifests.Formats{}})
	require.NoError(t, err)
	require.Equal(t, "p", summary.Project)
	require.Empty(t, summary.Revision)
	require.Zero(t, s.calls)
}

// heard is a progress that remembers.
type heard struct {
	mu          sync.Mutex
	total, done int
}

func (h *heard) Total(n int) { h.mu.Lock(); defer h.mu.Unlock(); h.total = n }
func (h *heard) Done(n int)  { h.mu.Lock(); defer h.mu.Unlock(); h.done = max(h.done, n) }

func TestProgressHearsOfEveryCommit(t *testing.T) {
	o, h := options(t), &heard{}
	o.Progress = h
	_, err := run(t.Context(), newService(), o)
	require.NoError(t, err)
	require.Equal(t, 250, h.done)
	require.Contains(t, []int{0, 250}, h.total) // The import may be quicker than the count.
}

// A summary with a project and no revision is of a repository without commits.
func TestARevisionThatDoesNotExistHasNoSummary(t *testing.T) {
	o := options(t)
	o.Revision = "absent"
	summary, err := run(t.Context(), newService(), o)
	require.ErrorContains(t, err, `read revision "absent": there is no such commit`)
	require.Empty(t, summary.Project)
}

func TestWhereThereIsNoRepository(t *testing.T) {
	_, err := run(t.Context(), newService(), importer.Options{Path: t.TempDir(), Formats: manifests.Formats{}})
	require.ErrorContains(t, err, "not a git repository")
}
