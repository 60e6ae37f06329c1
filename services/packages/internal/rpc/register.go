package rpc

import (
	"google.golang.org/grpc"

	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages/internal/postgres"
)

// Register puts the services of the packages API behind a door.
func Register(door grpc.ServiceRegistrar, store *postgres.Store) {
	packagesv1.RegisterInventoryServiceServer(door, NewInventoryServer(store))
	packagesv1.RegisterPackageServiceServer(door, NewPackageServer(store))
}
