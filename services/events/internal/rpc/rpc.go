// Package rpc is the desk of the events service: it turns messages into questions and answers into messages, one file per gRPC service.
// It stands between the door (kit/serve) and the rules and stores.
package rpc

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/insight"
	insights "devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/joining"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/privacy"
	"devtrail.dev/services/events/internal/tail"
)

// Desk is what the services share, and the follower that keeps it current.
type Desk struct {
	Follower *people.Follower // to be run beside the door
	Intake   *ingest.Intake   // the way in, for the sources that do not speak gRPC

	Learner *learn.Learner  // makes the definitions of the catalog; to be run beside the door
	Privacy *privacy.Keeper // likewise

	Joiner *joining.Joiner // of the properties of developers who were merged; to be run beside the door

	Promoter *catalog.Promoter // of properties; whoever runs the desk may limit it
	Tail     *tail.Hub         // who watches events come in

	admin   *adminServer
	catalog *catalogServer
	ingest  *ingestServer
	event   *eventServer
	insight *insightServer
}

// New returns a desk on a store. Identities are resolved by client; the options are those of the intake.
func New(store insight.Engine, client identityv1.DeveloperServiceClient, logger *slog.Logger, now func() time.Time, options ...ingest.Option) *Desk {
	directory := people.NewDirectory(client, store)
	filters := filterReader{developers: directory}
	hub, learner, rules := tail.New(), learn.New(store, logger, now), privacy.NewKeeper(store, logger)
	asked := &insightServer{engine: insights.New(store, now), filters: filters, saved: store, now: now}
	intake := ingest.New(store, directory, logger, now, append(options, ingest.WithPrivacy(rules), ingest.WithListener(listeners{hub, learner}))...)
	keeper := catalog.NewKeeper(store, now)
	promoter, joiner := catalog.NewPromoter(store, keeper, catalog.Slots), joining.New(store, keeper, directory.Survivors)
	return &Desk{
		Joiner:   joiner,
		Promoter: promoter,
		Follower: people.NewFollower(directory, joiner.Join, logger),
		Intake:   intake,
		Learner:  learner,
		Privacy:  rules,
		Tail:     hub,
		admin:    &adminServer{intake: intake, letters: store, monitor: store, now: now, privacy: rules},
		ingest:   &ingestServer{intake: intake},
		event:    &eventServer{store: store, filters: filters, insight: asked, intake: intake, tail: hub},
		insight:  asked,
		catalog:  &catalogServer{store: store, keeper: keeper, insight: asked, now: now, promoter: promoter, joiner: joiner},
	}
}

// Register adds the services to a door.
func (d *Desk) Register(door grpc.ServiceRegistrar) {
	eventsv1.RegisterAdminServiceServer(door, d.admin)
	eventsv1.RegisterCatalogServiceServer(door, d.catalog)
	door.RegisterService(ingestService(), d.ingest)
	eventsv1.RegisterEventServiceServer(door, d.event)
	eventsv1.RegisterInsightServiceServer(door, d.insight)
}

// ComputeCohort computes the members of a saved cohort, for the worker that does it in the background.
func (d *Desk) ComputeCohort(ctx context.Context, organization uuid.UUID, cohort catalog.Item) error {
	return d.catalog.compute(ctx, organization, cohort)
}
