package rpc

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// memberCursor is how far the members of a computation were read.
type memberCursor struct {
	Offset int       `json:"o"`
	Of     time.Time `json:"t"`
}

// survivors are members as they are known now, in order and each once.
func (s *catalogServer) survivors(ctx context.Context, org uuid.UUID, members []uuid.UUID) ([]uuid.UUID, error) {
	list, err := s.insight.filters.developers.Survivors(ctx, org, members)
	slices.SortFunc(list, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(list), err
}

// follow puts the survivors in the place of members that were merged after they were computed. Pages of before are of another list then.
func (s *catalogServer) follow(ctx context.Context, org, cohort uuid.UUID) error {
	_, err := s.keeper.Put(ctx, org, catalog.Members, cohort, 0, func(kept *catalog.Item) (bool, error) {
		c, err := catalog.ReadComputation(kept.Body)
		if err != nil {
			return false, err
		}
		members, err := s.survivors(ctx, org, c.Members)
		if err != nil || slices.Equal(members, c.Members) {
			return false, err
		}
		before := c.ComputedAt
		c.Members, c.ComputedAt = members, events.Microseconds(s.now())
		if !c.ComputedAt.After(before) {
			c.ComputedAt = before.Add(time.Microsecond)
		}
		kept.Body, err = c.Write()
		return true, err
	})
	return err
}

// ListCohortMembers returns a page of the members that were computed last. Whether one of them was merged since is asked of those of the page alone.
func (s *catalogServer) ListCohortMembers(ctx context.Context, req *eventsv1.ListCohortMembersRequest) (*eventsv1.ListCohortMembersResponse, error) {
	item, err := s.item(ctx, catalog.Cohort, "cohort_id", req.GetCohortId())
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	from, more, err := page.Decode[memberCursor](req.GetPageToken(), item.ID)
	if err != nil {
		return nil, err
	}
	c, there, err := s.computation(ctx, item.ID)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ListCohortMembersResponse{}
	if !there {
		return res, nil
	}
	changed := catalog.ErrItemChanged.With("the members were computed anew: list them from the start").Field("page_token")
	if more && !from.Of.Equal(c.ComputedAt) {
		return nil, changed
	}
	if from.Offset < 0 || from.Offset > len(c.Members) {
		return nil, page.ErrToken
	}
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	listed, _ := page.Cut(c.Members[from.Offset:], size)
	are, err := s.survivors(ctx, org, listed)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(are, listed) {
		if err := s.follow(ctx, org, item.ID); err != nil {
			return nil, err
		}
		if more {
			return nil, changed
		}
		if c, _, err = s.computation(ctx, item.ID); err != nil {
			return nil, err
		}
	}
	res.Computation = computationToProto(c)
	members, more := page.Cut(c.Members[from.Offset:], size)
	for _, m := range members {
		res.DeveloperIds = append(res.DeveloperIds, m.String())
	}
	if more {
		res.NextPageToken = page.Encode(memberCursor{Offset: from.Offset + size, Of: c.ComputedAt}, item.ID)
	}
	return res, nil
}
