package stack

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	"devtrail.dev/kit/dial"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// ensureKeys sees that the admin and the ingest key of the data folder open
// the door. They do on databases that this folder bootstrapped; on databases
// that another folder filled (a server of the user, a removed keys.json) the
// operator's key makes new ones in the first organization.
func ensureKeys(ctx context.Context, p *plan, state *State) error {
	address := state.Endpoints["identity"]
	asService, err := dial.New(address, dial.Options{Token: p.keys.Service, ServiceName: "stack"})
	if err != nil {
		return err
	}
	defer asService.Close()
	asOperator, err := dial.New(address, dial.Options{Token: p.keys.Operator, ServiceName: "stack"})
	if err != nil {
		return err
	}
	defer asOperator.Close()

	before := p.keys
	for _, key := range []struct {
		token *string
		role  accessv1.Role
	}{{&p.keys.Admin, accessv1.Role_ROLE_ADMIN}, {&p.keys.Ingest, accessv1.Role_ROLE_INGEST}} {
		answer, err := identityv1.NewCredentialServiceClient(asService).Introspect(ctx, &identityv1.IntrospectRequest{Token: *key.token})
		if err != nil {
			return fmt.Errorf("look the keys up: %w", err)
		}
		if answer.GetActive() {
			continue
		}
		if *key.token, err = makeKey(ctx, asOperator, key.role); err != nil {
			return fmt.Errorf("make a key for the databases that were there: %w", err)
		}
	}
	if p.keys == before {
		return nil
	}
	state.Keys = p.keys.public()
	p.cfg.Note("the databases did not know the keys of this data folder: new ones were made")
	return writePrivate(p.home.path(keysFile), p.keys)
}

// makeKey adds a key to the first organization.
func makeKey(ctx context.Context, asOperator grpc.ClientConnInterface, role accessv1.Role) (string, error) {
	list, err := identityv1.NewOrganizationServiceClient(asOperator).ListOrganizations(ctx, &identityv1.ListOrganizationsRequest{})
	if err != nil {
		return "", err
	}
	if len(list.GetOrganizations()) == 0 {
		return "", errors.New("there is no organization")
	}
	organization := list.GetOrganizations()[0]
	for _, o := range list.GetOrganizations() {
		if o.GetCreatedAt().AsTime().Before(organization.GetCreatedAt().AsTime()) {
			organization = o
		}
	}
	made, err := identityv1.NewCredentialServiceClient(asOperator).CreateApiKey(
		dial.WithOrganization(ctx, organization.GetId()),
		&identityv1.CreateApiKeyRequest{DisplayName: "devtrail up", Role: role},
	)
	return made.GetToken(), err
}
