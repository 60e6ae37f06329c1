package events

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/kit/purl"
)

// What is in memory of a large answer at once: rows of an exposure, and events.
const (
	partRows   = 500
	partEvents = 200
)

// ExposeParts answers what [Expose] answers, whole: every row of each list, in parts. The first part has the purl and the sighting, and is there even when
// nothing was found. With evidence the parts after all rows have every event, newest first. Rows and Evidence of the request do not count. An error of yield ends the call and is returned.
func ExposeParts(ctx context.Context, store Store, organization uuid.UUID, req ExposureRequest, evidence bool, yield func(ExposureAnswer) error) error {
	p, err := purl.Parse(req.Purl)
	if err != nil {
		return ErrPurlInvalid.With("%s", err.Error()).Field("purl")
	}
	q := ExposureQuery{Package: p.Package(), Range: req.Range, Limit: partRows}
	if q.Versions, err = asked(ctx, store, organization, p, req); err != nil {
		return err
	}
	first := true
	if q.Versions == nil || len(q.Versions) > 0 {
		err = store.ExposureParts(ctx, organization, q, func(part ExposurePart) error {
			answer := ExposureAnswer{Exposure: part.Exposure, Presence: q.presence(part.Changes)}
			if first {
				answer.Purl, first = p.Core(), false
			}
			return yield(answer)
		})
		if err != nil {
			return err
		}
	}
	if first { // nobody touched it
		return yield(ExposureAnswer{Purl: p.Core()})
	}
	if !evidence {
		return nil
	}
	return eachPage(ctx, store, organization, ListQuery{Filter: q.Filter(), Range: req.Range, Limit: partEvents}, func(page []Event) error {
		return yield(ExposureAnswer{Evidence: page})
	})
}

// eachPage reads a list page by page.
func eachPage(ctx context.Context, store Store, organization uuid.UUID, q ListQuery, yield func([]Event) error) error {
	for {
		page, err := store.List(ctx, organization, q)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := yield(page); err != nil || len(page) < q.Limit {
			return err
		}
		last := page[len(page)-1]
		q.After = &Position{OccurredAt: last.OccurredAt, ID: last.ID}
	}
}
