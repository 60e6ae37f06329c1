package rpc

import (
	"context"
	"fmt"
	"slices"

	"devtrail.dev/kit/auth"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres"
	"devtrail.dev/services/packages/manifest"
)

// InventoryServer answers InventoryService.
type InventoryServer struct {
	packagesv1.UnimplementedInventoryServiceServer
	store *postgres.Store
}

// NewInventoryServer makes the server over a store.
func NewInventoryServer(store *postgres.Store) *InventoryServer {
	return &InventoryServer{store: store}
}

// ImportManifest makes a file the project's state for its path.
func (s *InventoryServer) ImportManifest(ctx context.Context, req *packagesv1.ImportManifestRequest) (*packagesv1.ImportManifestResponse, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkText(text{"path", req.GetPath()}, text{"project", req.GetProject()}, text{"revision", req.GetRevision()}); err != nil {
		return nil, err
	}
	result, err := manifest.Extract(ctx, req.GetPath(), req.GetContent())
	if err != nil {
		return nil, err
	}
	inventory, err := packages.NewInventory(req.GetProject(), req.GetRevision(), req.GetPath(), req.GetContent(), result)
	if err != nil {
		return nil, err
	}
	newVersions, err := s.store.ImportInventory(ctx, organization, inventory)
	if err != nil {
		return nil, err
	}
	return &packagesv1.ImportManifestResponse{
		Format:          string(result.Format),
		Purls:           result.Purls,
		SkippedCount:    int32(result.Skipped),
		NewVersionCount: int32(newVersions),
	}, nil
}

// EndManifests ends the files that a project has no more.
func (s *InventoryServer) EndManifests(ctx context.Context, req *packagesv1.EndManifestsRequest) (*packagesv1.EndManifestsResponse, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	texts := []text{{"project", req.GetProject()}, {"revision", req.GetRevision()}}
	if i := slices.IndexFunc(req.GetPresentPaths(), hasZero); i >= 0 {
		texts = append(texts, text{fmt.Sprintf("present_paths[%d]", i), req.GetPresentPaths()[i]})
	}
	if err := checkText(texts...); err != nil {
		return nil, err
	}
	ended, err := s.store.EndManifests(ctx, organization, req.GetProject(), req.GetRevision(), req.GetPresentPaths())
	if err != nil {
		return nil, err
	}
	return &packagesv1.EndManifestsResponse{EndedCount: int32(ended)}, nil
}

var _ packagesv1.InventoryServiceServer = (*InventoryServer)(nil)
