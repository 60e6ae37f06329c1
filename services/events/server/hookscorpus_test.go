package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

// TestTheCorpusOfWebhooks delivers every payload through the HTTP door to a real store: signed badly, signed well, and once more.
func TestTheCorpusOfWebhooks(t *testing.T) {
	payloads := corpusPayloads(t)
	for engine, cfg := range hookEngines(t) {
		t.Run(engine, func(t *testing.T) {
			f := setupHooks(t, cfg)
			codertocat := uuid.NewString()
			f.identity.Link(hookOrganization, &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, Value: "21031067"}, codertocat)
			known := map[uuid.UUID]events.Event{}
			for _, p := range payloads {
				want := expected(t, p)
				status, _ := f.deliver(p.provider, p.event, p.path, "another secret", p.body)
				require.Equal(t, http.StatusUnauthorized, status, p.path)
				status, receipt := f.deliver(p.provider, p.event, p.path, hookSecret, p.body)
				require.Equal(t, http.StatusAccepted, status, p.path)
				require.Equal(t, len(want), receipt.Events, p.path)
				require.Equal(t, len(want), receipt.Stored+receipt.Duplicates, p.path)
				now := f.stored()
				require.Len(t, now, len(known)+receipt.Stored, "%s: each event is stored once, and a refused delivery left none", p.path)
				var got []string
				for id, e := range now {
					if _, before := known[id]; before {
						continue
					}
					got = append(got, fact(e))
					require.Contains(t, e.Properties, `"original":{`, p.path)
					if e.Actor.Kind == 2 {
						require.Equal(t, codertocat, e.DeveloperID.String(), p.path)
					}
				}
				slices.Sort(got)
				if receipt.Duplicates == 0 {
					require.Equal(t, want, got, p.path)
				} else { // another payload told the same commit or reference
					require.Subset(t, want, got, p.path)
				}
				known = now
				status, receipt = f.deliver(p.provider, p.event, p.path, hookSecret, p.body)
				require.Equal(t, http.StatusAccepted, status, p.path)
				require.Equal(t, len(want), receipt.Duplicates, "%s: the same delivery counts once", p.path)
			}
			require.Len(t, f.stored(), len(known))
		})
	}
}

// fact is what an event says: name, actor, project, time unless it is that of arrival, packages.
func fact(e events.Event) string {
	at := ""
	if time.Since(e.OccurredAt) > time.Hour {
		at = e.OccurredAt.Format(time.RFC3339Nano)
	}
	text := fmt.Sprintf("%s %d:%s %s %s", e.Name, e.Actor.Kind, e.Actor.Value, e.Project, at)
	if len(e.Packages) > 0 {
		text += " " + strings.Join(e.Packages, " ")
	}
	return text
}
