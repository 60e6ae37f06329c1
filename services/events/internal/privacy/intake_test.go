package privacy_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/privacy"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/seglog"
)

var org = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")

// raw must be found nowhere, plain everywhere.
const (
	raw   = "sensitive-text"
	plain = "harmless-text"
)

// nobody has no identities to resolve.
type nobody struct{}

func (nobody) Resolve(context.Context, uuid.UUID, []people.Hint) (map[events.Identity]people.Person, error) {
	return nil, nil
}

func (nobody) Known(uuid.UUID, events.IdentityKind, []byte) (people.Person, bool) {
	return people.Person{}, false
}

// picky refuses events of one name for good.
type picky struct{ *memory.Store }

func (s picky) StoreBlock(ctx context.Context, b *queue.Block) ([]int, error) {
	for _, row := range b.Rows() {
		if row.Name == "refused" {
			return nil, events.ErrTextInvalid.With("it is not liked")
		}
	}
	return s.Store.StoreBlock(ctx, b)
}

func (s picky) Append(ctx context.Context, organization uuid.UUID, list []events.Event) ([]events.Outcome, error) {
	for _, e := range list {
		if e.Name == "refused" {
			return nil, events.ErrTextInvalid.With("it is not liked")
		}
	}
	return s.Store.Append(ctx, organization, list)
}

// heard writes down what a reader of the live tail would see.
type heard struct{ *bytes.Buffer }

func (heard) Listens(uuid.UUID) bool { return true }

func (h heard) Publish(_ uuid.UUID, list []events.Event) { fmt.Fprintf(h, "%+v\n", list) }

// traces takes an event in, which the store keeps and another which it refuses, and returns everything that is left of them by place.
func traces(t *testing.T, rules []events.PrivacyRule) map[string][]byte {
	t.Helper()
	store, dir := picky{memory.New(time.Now)}, filepath.Join(t.TempDir(), "log")
	var log, tail bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	keeper := privacy.NewKeeper(store, logger)
	_, err := keeper.Set(t.Context(), org, 0, rules, "credential")
	require.NoError(t, err)
	queue, err := seglog.Open(seglog.Options{Bytes: 1 << 20, Dir: dir, Logger: logger, Fatal: func(string) {}})
	require.NoError(t, err)
	in := ingest.New(store, nobody{}, logger, time.Now, ingest.WithPrivacy(keeper), ingest.WithListener(heard{&tail}),
		ingest.WithLog(ingest.Log{Horizon: time.Hour, Queue: queue}))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- in.Run(ctx) }()
	for _, name := range []string{"kept", "refused"} {
		_, err := in.Take(t.Context(), ingest.Request{Organization: org, Ack: ingest.AckDatabase, Drafts: []ingest.Draft{{Event: events.Event{
			ID: uuid.New(), Name: name, OccurredAt: time.Now(), Project: "github.com/own/" + raw, SessionID: raw,
			Properties: `{"kept":"` + plain + `","gone":{"x":"` + raw + `"},"branch":"` + raw + `","files":["` + raw + `"],"original":{"ref":"` + raw + `"}}`,
			Source:     events.Source{Kind: events.SourceGit, Tool: "git", Machine: raw},
		}}}})
		require.NoError(t, err)
	}
	stop()
	require.NoError(t, <-done)
	require.NoError(t, queue.Close())
	list, err := store.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 1)
	letters, err := store.ListDeadLetters(t.Context(), org, nil, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	places := map[string][]byte{"store": fmt.Appendf(nil, "%+v", list), "dead letters": append(letters[0].Payload, letters[0].Message...), "tail": tail.Bytes(), "service log": log.Bytes()}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of this test
		places["folder of the log"] = append(places["folder of the log"], text...)
		return err
	}))
	return places
}

func TestWhatARuleNamesIsWrittenNowhere(t *testing.T) {
	var rules []events.PrivacyRule
	for _, f := range []events.PrivacyField{events.FileNames, events.BranchNames, events.MachineName, events.SessionName, events.ProjectName} {
		rules = append(rules, events.PrivacyRule{Action: events.PrivacyHash, Field: f})
	}
	rules = append(rules, events.PrivacyRule{Action: events.PrivacyDrop, Property: "gone.x"})
	for place, text := range traces(t, rules) {
		require.NotContains(t, string(text), raw, place)
		if place != "service log" {
			require.Contains(t, string(text), plain, place)
		}
	}
	for place, text := range traces(t, nil) { // the control: without rules it is found by the same search
		if place != "service log" {
			require.Contains(t, string(text), raw, place)
		}
	}
}
