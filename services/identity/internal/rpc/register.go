// Package rpc is the desk of the identity service: one file a gRPC service, each method turning a message into a call and its answer into a message.
// It stands between the door (kit/serve) and the rules and stores; the door has checked the caller and the message.
package rpc

import (
	"time"

	"google.golang.org/grpc"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity/internal/credentials"
	"devtrail.dev/services/identity/internal/feed"
	"devtrail.dev/services/identity/internal/postgres"
)

// Deps is what the desk works with.
type Deps struct {
	Feed  *feed.Feed
	Judge *credentials.Judge
	Now   func() time.Time
	Store *postgres.Store
}

// Register puts the services of the identity contract behind a door.
func Register(door grpc.ServiceRegistrar, deps Deps) {
	identityv1.RegisterCredentialServiceServer(door, &credentialServer{keys: deps.Store.APIKeys, judge: deps.Judge, now: deps.Now})
	identityv1.RegisterDeveloperServiceServer(door, &developerServer{
		developers: deps.Store.Developers,
		feed:       deps.Feed,
		identities: deps.Store.Identities,
		now:        deps.Now,
	})
	identityv1.RegisterOrganizationServiceServer(door, &organizationServer{organizations: deps.Store.Organizations, now: deps.Now})
}
