package importer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/cmd/devtrail/internal/gitlog"
	"devtrail.dev/kit/fault"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// Limits of the contract of InventoryService.
const (
	maxManifest     = 16 << 20
	maxManifestPath = 1000
	maxPresent      = 100_000
)

// manifests sends the recognised files of the newest revision to packages, and which they are, so that it knows what the project has now.
func (r *run) manifests(ctx context.Context) error {
	files, err := r.repo.Files(ctx, r.summary.Revision, func(path string) bool {
		_, ok := r.options.Formats.Detect(path)
		return ok
	})
	if err != nil {
		return err
	}
	if len(files) > 0 {
		if err := r.sendManifests(ctx, files); err != nil {
			return err
		}
	}
	return r.endManifests(ctx, files)
}

func (r *run) sendManifests(ctx context.Context, files []gitlog.File) error {
	blobs, err := r.repo.Blobs(ctx, maxManifest)
	if err != nil {
		return err
	}
	defer blobs.Close()
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(inFlight)
	var mu sync.Mutex
	settle := func(err error) error {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			r.summary.Manifests++
		case errors.Is(err, fault.Invalid), errors.Is(err, gitlog.ErrBlobMissing), errors.Is(err, gitlog.ErrBlobTooLarge):
			// It concerns this file alone.
			r.manifestFault(err)
		default:
			return err
		}
		return nil
	}
	for _, file := range files {
		content, err := read(blobs, file)
		if err != nil {
			if err := settle(err); err != nil {
				return errors.Join(err, sending.Wait())
			}
			continue
		}
		sending.Go(func() error { return settle(r.manifest(ctx, file.Path, content)) })
	}
	return sending.Wait()
}

func read(blobs *gitlog.BlobReader, file gitlog.File) ([]byte, error) {
	if !hasPath(file) {
		return nil, fault.New(fault.Invalid, "MANIFEST_PATH_INVALID", "").
			With("the path %q is not UTF-8 or longer than %d characters", file.Path, maxManifestPath)
	}
	if err := blobs.Ask(file.Blob); err != nil {
		return nil, err
	}
	content, err := blobs.Next()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file.Path, err)
	}
	return content, nil
}

// hasPath tells whether the contract can name a file.
func hasPath(file gitlog.File) bool {
	return utf8.ValidString(file.Path) && utf8.RuneCountInString(file.Path) <= maxManifestPath
}

func (r *run) manifest(ctx context.Context, path string, content []byte) error {
	err := r.untilTaken(ctx, func(ctx context.Context) error {
		_, err := r.importer.inventory.ImportManifest(ctx, &packagesv1.ImportManifestRequest{
			Project: r.summary.Project, Revision: r.summary.Revision, Path: path, Content: content,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("send %s to packages: %w", path, err)
	}
	return nil
}

// endManifests ends what the project had besides these files. Those that could not be sent are there all the same.
func (r *run) endManifests(ctx context.Context, files []gitlog.File) error {
	var present []string
	for _, file := range files {
		if hasPath(file) {
			present = append(present, file.Path)
		}
	}
	request := &packagesv1.EndManifestsRequest{Project: r.summary.Project, Revision: r.summary.Revision, PresentPaths: present}
	if len(present) > maxPresent || proto.Size(request) > maxManifest { // which is what a message may have
		r.manifestFault(fault.New(fault.Invalid, "MANIFESTS_TOO_MANY", "").
			With("the revision has %d manifests, more than can be told: those that the project has no more count on", len(present)))
		return nil
	}
	err := r.untilTaken(ctx, func(ctx context.Context) error {
		_, err := r.importer.inventory.EndManifests(ctx, request)
		return err
	})
	if err != nil {
		err = fmt.Errorf("tell packages which manifests there are: %w", err)
	}
	if errors.Is(err, fault.Unimplemented) { // a release before this one: it keeps what is gone, as it did
		r.manifestFault(err)
		return nil
	}
	return err
}

// manifestFault notes what concerns manifests alone, unless enough is noted.
func (r *run) manifestFault(err error) {
	if len(r.summary.ManifestFaults) < shown {
		r.summary.ManifestFaults = append(r.summary.ManifestFaults, err)
	}
}

// untilTaken calls packages again while that may help.
func (r *run) untilTaken(ctx context.Context, call func(context.Context) error) error {
	retry := deliver.NewPatience(r.options.Patience, r.importer.now, r.options.Waiting).Retry()
	for {
		limited, cancel := context.WithTimeout(ctx, deliver.CallTimeout)
		err := call(limited)
		cancel()
		if err == nil {
			return nil
		}
		if err := retry.Again(ctx, err); err != nil {
			return err
		}
	}
}
