// Package sourcetest runs adapters of event sources over deliveries that are kept in files: each must give events that ingest takes, and just
// those that stand in the golden file beside. It is for tests of the folders around it.
package sourcetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Translate is an adapter.
type Translate func(source.Delivery) ([]ingest.Draft, error)

// Case is a delivery in a file.
type Case struct {
	// Name tells cases apart; it is the delivery's key.
	Name  string
	Event string
	Tool  string
	Host  string
	Body  json.RawMessage
}

// Received is when every delivery of a test arrives.
var Received = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// Delivery is the case as an adapter gets it.
func (c Case) Delivery() source.Delivery {
	return source.Delivery{Key: c.Name, Event: c.Event, Tool: c.Tool, Host: c.Host, Body: c.Body, Received: Received}
}

// Cases reads the deliveries of a file.
func Cases(tb testing.TB, file string) []Case {
	tb.Helper()
	content, err := os.ReadFile(file)
	require.NoError(tb, err)
	var cases []Case
	require.NoError(tb, json.Unmarshal(content, &cases), file)
	return cases
}

// Golden runs an adapter over the files testdata/*.json and compares what it says with *.golden.
func Golden(t *testing.T, translate Translate) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var got strings.Builder
			for _, c := range Cases(t, file) {
				fmt.Fprintf(&got, "# %s\n", c.Name)
				drafts, err := translate(c.Delivery())
				require.NoError(t, err, c.Name)
				Check(t, drafts, c.Name)
				for _, d := range drafts {
					got.WriteString(Line(d))
				}
			}
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got.String())
		})
	}
}

// Line says what is in a draft, but for the original.
func Line(d ingest.Draft) string {
	e := d.Event
	at := "on arrival"
	if !e.OccurredAt.Equal(Received) {
		at = e.OccurredAt.Format(time.RFC3339Nano)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s by %d:%s (%s) in %s\n", e.Name, at, e.Actor.Kind, e.Actor.Value, d.ActorName, e.Project)
	fmt.Fprintf(&b, "  source %d %s %s session %q packages %q\n", e.Source.Kind, e.Source.Tool, e.Source.Machine, e.SessionID, e.Packages)
	var properties map[string]any
	if err := json.Unmarshal([]byte(e.Properties), &properties); err != nil {
		return err.Error()
	}
	delete(properties, "original")
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(properties); err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "  %s", text.String())
	return b.String()
}

// Check demands of drafts what ingest and every question demand of events.
func Check(tb testing.TB, drafts []ingest.Draft, about string) {
	tb.Helper()
	ids := make(map[uuid.UUID]bool)
	for _, d := range drafts {
		require.NoError(tb, d.Err, about)
		require.NoError(tb, events.CheckName("actor_name", d.ActorName), about)
		e, err := d.Event.Canonical(Received)
		require.NoError(tb, err, about)
		require.Equal(tb, e.Properties, d.Event.Properties, "%s: the properties are canonical", about)
		require.False(tb, ids[e.ID], "%s: an id comes twice", about)
		ids[e.ID] = true
		require.Contains(tb, e.Name, ".", about)
		require.NotEmpty(tb, e.Source.Tool, about)
	}
}

// Fuzz feeds an adapter with anything: it must not fail but on what is no JSON object, take memory by what it is given, and give the same for
// the same.
func Fuzz(f *testing.F, translate Translate) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		for _, c := range Cases(f, file) {
			f.Add(c.Event, []byte(c.Body))
		}
	}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		d := source.Delivery{Key: "fuzz", Event: event, Body: body, Received: Received}
		var drafts []ingest.Draft
		var err error
		Bounded(t, body, func() ([]ingest.Draft, error) {
			drafts, err = translate(d)
			return drafts, err
		})
		if _, parsed := source.Parse(body); parsed != nil {
			require.Error(t, err)
			return
		}
		if errors.Is(err, events.ErrRequestTooLarge) {
			return
		}
		require.NoError(t, err)
		for _, draft := range drafts {
			require.NoError(t, events.CheckName("actor_name", draft.ActorName))
			_, err := draft.Event.Canonical(Received)
			require.NoError(t, err)
		}
		again, err := translate(d)
		require.NoError(t, err)
		require.Equal(t, drafts, again)
	})
}

// Told finds a case of a folder's files by its name and returns the draft of one event of it.
func Told(t *testing.T, translate Translate, name, event string) ingest.Draft {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, file := range files {
		for _, c := range Cases(t, file) {
			if c.Name != name {
				continue
			}
			drafts, err := translate(c.Delivery())
			require.NoError(t, err)
			for _, d := range drafts {
				if d.Event.Name == event {
					return d
				}
			}
		}
	}
	t.Fatalf("no delivery %q tells %q", name, event)
	return ingest.Draft{}
}

// Once demands that two deliveries give one event: what they both tell counts once.
func Once(t *testing.T, translate Translate, event, one, other string) {
	t.Helper()
	require.Equal(t, Told(t, translate, one, event).Event.ID, Told(t, translate, other, event).Event.ID, "%s of %q and %q", event, one, other)
}
