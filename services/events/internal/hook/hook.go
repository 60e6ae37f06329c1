// Package hook receives the webhooks of Git providers: POST /hooks/{provider}/{id}. It finds the configured hook, reads the raw body within its
// limit, verifies the signature over it, lets the provider's adapter (internal/source) translate it and gives the drafts to the intake
// (internal/ingest). It stands behind the HTTP door (internal/web), which has no credentials for it: the signature is the credential.
//
// A verified delivery is never answered with a 4xx: providers switch off hooks that get one. What cannot be read or is not known is our log entry.
package hook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/git"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	"devtrail.dev/services/events/internal/ingest"
)

// Intake is where events go; *ingest.Intake is one.
type Intake interface {
	Capture(ctx context.Context, organization uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error)
}

// Deps is what a handler is given; all of it is required.
type Deps struct {
	Intake   Intake
	Logger   *slog.Logger
	Now      func() time.Time
	Registry prometheus.Registerer // the handler adds its metrics
}

// Pattern is where the handler is to be mounted.
const Pattern = "/hooks/"

const (
	// retryAfter is what a provider is told when the intake names no delay, in seconds.
	retryAfter = 5 * time.Second
	// chunk and chunkBytes are how many drafts go to the intake at once, and how many bytes of properties.
	chunk      = 1000
	chunkBytes = 8 << 20
)

// Handler serves the hooks of a settings file.
type Handler struct {
	deps    Deps
	book    *book
	metrics *metrics
	large   *room               // see read
	held    *semaphore.Weighted // deliveries, see persist
	mux     *http.ServeMux
}

// New returns a handler of the hooks that a file lists. The file is read again when it changes. The error says what is wrong in the file.
func New(file string, deps Deps) (*Handler, error) {
	if file == "" || deps.Intake == nil || deps.Logger == nil || deps.Now == nil || deps.Registry == nil {
		return nil, errors.New("hook: a file, Intake, Logger, Now and Registry are required")
	}
	m, err := newMetrics(deps.Registry)
	if err != nil {
		return nil, fmt.Errorf("hook: register metrics: %w", err)
	}
	b, err := openBook(file, deps.Now)
	if err != nil {
		return nil, fmt.Errorf("EVENTS_HOOKS_FILE: %w", err)
	}
	m.loaded(len(b.hooks))
	h := &Handler{deps: deps, book: b, metrics: m, large: newRoom(deps.Now), held: semaphore.NewWeighted(maxHeld), mux: http.NewServeMux()}
	h.mux.HandleFunc(Pattern+"{provider}/{id}", h.serve)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		h.metrics.deliver("unknown", unknown)
		answer(w, http.StatusNotFound, problemUnknown)
	})
	return h, nil
}

// ServeHTTP serves one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	name, id := r.PathValue("provider"), r.PathValue("id")
	p, known := providers[name]
	if !known {
		name = "unknown"
	}
	refuse := func(outcome string, status int, problem problem) {
		h.metrics.deliver(name, outcome)
		answer(w, status, problem)
	}
	hook, found := h.hook(ctx, name, id)
	if !known || !found {
		refuse(unknown, http.StatusNotFound, problemUnknown)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(malformed, http.StatusMethodNotAllowed, problemMethod)
		return
	}
	m, release, err := h.receive(ctx, w, r, hook.ID, p.limit)
	defer release()
	if err != nil {
		refuse(outcomeOf(err), statusOf(err), problemOf(err))
		return
	}
	if !p.verify(hook, m, h.deps.Now()) {
		h.deps.Logger.WarnContext(ctx, "webhook refused: its signature is missing or wrong", "hook_id", hook.ID, "provider", name)
		refuse(forged, http.StatusUnauthorized, problemSignature)
		return
	}
	// The sender's patience counts from when it has sent everything.
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	ctx = auth.WithCaller(ctx, auth.Caller{OrganizationID: hook.Organization.String(), CredentialID: "hook:" + hook.ID, Role: accessv1.Role_ROLE_INGEST})
	h.accept(ctx, w, hook, p, m)
}

// hook finds a hook, in the file as it is now.
func (h *Handler) hook(ctx context.Context, provider, id string) (Hook, bool) {
	changed, err := h.book.refresh()
	if err != nil {
		h.metrics.broken()
		h.deps.Logger.ErrorContext(ctx, "the changed hooks file is not taken: the hooks stay as they were", "error", err)
	} else if changed {
		h.metrics.loaded(h.book.count())
		h.deps.Logger.InfoContext(ctx, "hooks read again", "hooks", h.book.count())
	}
	return h.book.find(provider, id)
}

// accept translates a verified delivery and has its events captured.
func (h *Handler) accept(ctx context.Context, w http.ResponseWriter, hook Hook, p provider, m message) {
	delivery := p.delivery(hook, m)
	delivery.Body, delivery.Received = m.payload, h.deps.Now()
	logger := h.deps.Logger.With("hook_id", hook.ID, "provider", hook.Provider, "delivery", git.Plain(m.label(delivery), 100), "event", git.Plain(delivery.Event, 100))
	drafts, err := p.translate(delivery)
	if err != nil {
		h.metrics.deliver(hook.Provider, unreadable)
		logger.ErrorContext(ctx, "a verified webhook cannot be read", "error", err)
		answer(w, http.StatusAccepted, Receipt{Status: "unreadable"})
		return
	}
	if len(drafts) == 0 {
		h.metrics.deliver(hook.Provider, ignored)
		h.metrics.ignore(hook.Provider, delivery.Event)
		answer(w, http.StatusAccepted, Receipt{Status: "ignored"})
		return
	}
	receipt, err := h.capture(ctx, hook.Organization, drafts, logger)
	if err != nil {
		h.metrics.deliver(hook.Provider, retried)
		if errors.Is(err, auth.ErrOrganizationNotFound) { // nothing is lost: deliveries are taken once the hooks file is right
			logger.ErrorContext(ctx, "the organization of a hook does not exist: its deliveries are put off until the hooks file names one that does", "organization_id", hook.Organization)
		} else {
			logger.WarnContext(ctx, "a webhook is to be sent again", "error", err)
		}
		again(w, err)
		return
	}
	h.metrics.count(hook.Provider, receipt)
	h.metrics.deliver(hook.Provider, receipt.Status)
	answer(w, http.StatusAccepted, receipt)
}

// errRetry says that the intake wants events again.
var errRetry = fault.New(fault.Unavailable, "RETRY", "the events cannot be stored now; send the delivery again")

// capture gives drafts to the intake. An actor that the identity service does not take costs the event its actor, not its being.
func (h *Handler) capture(ctx context.Context, organization uuid.UUID, drafts []ingest.Draft, logger *slog.Logger) (Receipt, error) {
	receipt := Receipt{Events: len(drafts)}
	var nameless []ingest.Draft
	for len(drafts) > 0 {
		part := drafts[:portion(drafts)]
		drafts = drafts[len(part):]
		results, err := h.persist(ctx, organization, part)
		if err != nil {
			return Receipt{}, fmt.Errorf("capture the events of a webhook: %w", err)
		}
		for i, result := range results {
			switch result.Status {
			case ingest.Stored:
				receipt.Stored++
			case ingest.Duplicate:
				receipt.Duplicates++
			case ingest.Rejected:
				if part[i].Event.Actor.Known() && fieldOf(result.Err) == "actor.value" {
					nameless = append(nameless, withoutActor(part[i]))
					continue
				}
				receipt.Rejected++
				logger.ErrorContext(ctx, "an event of a webhook was rejected", "name", part[i].Event.Name, "error", result.Err)
			default:
				return Receipt{}, errRetry.RetryAfter(result.RetryAfter)
			}
		}
		if len(drafts) == 0 {
			drafts, nameless = nameless, nil
		}
	}
	receipt.judge()
	return receipt, nil
}

// portion is how many of the first drafts go to the intake together.
func portion(drafts []ingest.Draft) int {
	size := 0
	for i, d := range drafts {
		size += len(d.Event.Properties)
		if i > 0 && size > chunkBytes || i == chunk {
			return i
		}
	}
	return len(drafts)
}

// withoutActor is a draft of an event that nobody is known to have done.
func withoutActor(d ingest.Draft) ingest.Draft {
	d.Event.Actor.Kind, d.Event.Actor.Value, d.ActorName = 0, "", ""
	return d
}

func fieldOf(err error) string {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.FieldPath()
	}
	return ""
}
