// Package rpc answers the packages API: a message becomes nouns of package packages, the store is called, nouns become a message. The door (kit/serve) has
// checked the caller and the message before.
package rpc

import (
	"context"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages"
	"devtrail.dev/services/packages/internal/postgres"
)

// PackageServer answers PackageService.
type PackageServer struct {
	packagesv1.UnimplementedPackageServiceServer
	store *postgres.Store
}

// NewPackageServer makes the server over a store.
func NewPackageServer(store *postgres.Store) *PackageServer {
	return &PackageServer{store: store}
}

// GetPackage returns one package.
func (s *PackageServer) GetPackage(ctx context.Context, req *packagesv1.GetPackageRequest) (*packagesv1.GetPackageResponse, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	p, err := purlFromText(req.GetPurl())
	if err != nil {
		return nil, err
	}
	found, err := s.store.GetPackage(ctx, organization, p.Package())
	if err != nil {
		return nil, err
	}
	return &packagesv1.GetPackageResponse{Package: packageToProto(found)}, nil
}

// versionCursor is where a page of versions ended. A version is never removed, so the place stays.
type versionCursor struct {
	// After is packages.VersionMark of the last version: its text may be longer than a token.
	After string `json:"after"`
}

// ListVersions returns a page of a package's versions, newest first.
func (s *PackageServer) ListVersions(ctx context.Context, req *packagesv1.ListVersionsRequest) (*packagesv1.ListVersionsResponse, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	p, err := purlFromText(req.GetPurl())
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, _, err := page.Decode[versionCursor](req.GetPageToken(), p.Package())
	if err != nil {
		return nil, err
	}
	versions, err := s.store.ListVersions(ctx, organization, p.Package())
	if err != nil {
		return nil, err
	}
	packages.SortVersions(p.Type, versions)
	rows, more, ok := packages.PageVersions(versions, after.After, size)
	if !ok {
		return nil, page.ErrToken.With("page_token continues after a version that %q does not have", p.Package())
	}
	res := &packagesv1.ListVersionsResponse{Versions: make([]*packagesv1.PackageVersion, len(rows))}
	for i, v := range rows {
		res.Versions[i] = versionToProto(p, v)
	}
	if more {
		res.NextPageToken = page.Encode(versionCursor{After: packages.VersionMark(rows[len(rows)-1].Version)}, p.Package())
	}
	return res, nil
}

// LookupPurls judges many purls.
func (s *PackageServer) LookupPurls(ctx context.Context, req *packagesv1.LookupPurlsRequest) (*packagesv1.LookupPurlsResponse, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	matches := packages.ParseMatches(req.GetPurls())
	if err := s.store.LookupPurls(ctx, organization, matches); err != nil {
		return nil, err
	}
	res := &packagesv1.LookupPurlsResponse{Matches: make([]*packagesv1.PurlMatch, len(matches))}
	for i, m := range matches {
		res.Matches[i] = matchToProto(m)
	}
	return res, nil
}

var _ packagesv1.PackageServiceServer = (*PackageServer)(nil)
