package rpc

import (
	"context"
	"errors"
	"math"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// readCohort reads a definition as a question would.
func (s *catalogServer) readCohort(ctx context.Context, org uuid.UUID, d *eventsv1.CohortDefinition) (*insight.Cohort, error) {
	if d == nil {
		return nil, events.ErrFieldMissing.With("the cohort has no definition").Field("cohort.definition")
	}
	ask, err := s.insight.ask(ctx, org, "")
	if err != nil {
		return nil, err
	}
	return ask.cohort("cohort.definition", d, 1)
}

func (s *catalogServer) judgeCohort(d *eventsv1.CohortDefinition) func(context.Context, uuid.UUID) error {
	return func(ctx context.Context, org uuid.UUID) error {
		_, err := s.readCohort(ctx, org, d)
		return err
	}
}

// CreateCohort makes a cohort.
func (s *catalogServer) CreateCohort(ctx context.Context, req *eventsv1.CreateCohortRequest) (*eventsv1.CreateCohortResponse, error) {
	c := req.GetCohort()
	item, err := s.made(ctx, catalog.Cohort, "cohort", c, c.GetDefinition(), req.GetRequestId(), s.judgeCohort(c.GetDefinition()))
	if err != nil {
		return nil, err
	}
	cohort, err := s.cohortToProto(ctx, item)
	return &eventsv1.CreateCohortResponse{Cohort: cohort}, err
}

// GetCohort returns a cohort.
func (s *catalogServer) GetCohort(ctx context.Context, req *eventsv1.GetCohortRequest) (*eventsv1.GetCohortResponse, error) {
	item, err := s.item(ctx, catalog.Cohort, "cohort_id", req.GetCohortId())
	if err != nil {
		return nil, err
	}
	cohort, err := s.cohortToProto(ctx, item)
	return &eventsv1.GetCohortResponse{Cohort: cohort}, err
}

// ListCohorts returns a page of cohorts.
func (s *catalogServer) ListCohorts(ctx context.Context, req *eventsv1.ListCohortsRequest) (*eventsv1.ListCohortsResponse, error) {
	list, next, err := items(ctx, s, catalog.Cohort, req, func(i catalog.Item) (*eventsv1.Cohort, error) { return s.cohortToProto(ctx, i) })
	if err != nil {
		return nil, err
	}
	return &eventsv1.ListCohortsResponse{Cohorts: list, NextPageToken: next}, nil
}

// UpdateCohort changes a cohort.
func (s *catalogServer) UpdateCohort(ctx context.Context, req *eventsv1.UpdateCohortRequest) (*eventsv1.UpdateCohortResponse, error) {
	c := req.GetCohort()
	item, err := s.changed(ctx, catalog.Cohort, "cohort", "definition", c, c.GetDefinition(), req.GetUpdateMask(), s.judgeCohort(c.GetDefinition()))
	if err != nil {
		return nil, err
	}
	cohort, err := s.cohortToProto(ctx, item)
	return &eventsv1.UpdateCohortResponse{Cohort: cohort}, err
}

// DeleteCohort deletes a cohort that nothing uses.
func (s *catalogServer) DeleteCohort(ctx context.Context, req *eventsv1.DeleteCohortRequest) (*eventsv1.DeleteCohortResponse, error) {
	return &eventsv1.DeleteCohortResponse{}, s.remove(ctx, catalog.Cohort, "cohort_id", req.GetCohortId(), req.GetRevision())
}

// RecomputeCohort computes the members of a cohort now.
func (s *catalogServer) RecomputeCohort(ctx context.Context, req *eventsv1.RecomputeCohortRequest) (*eventsv1.RecomputeCohortResponse, error) {
	item, err := s.item(ctx, catalog.Cohort, "cohort_id", req.GetCohortId())
	if err != nil {
		return nil, err
	}
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.compute(ctx, org, item); err != nil {
		return nil, err
	}
	cohort, err := s.cohortToProto(ctx, item)
	return &eventsv1.RecomputeCohortResponse{Cohort: cohort}, err
}

// compute keeps the members of a cohort in place of those before, as a whole. What failed is kept beside the members of the last success.
func (s *catalogServer) compute(ctx context.Context, org uuid.UUID, item catalog.Item) error {
	members, failure := s.members(ctx, org, item)
	if failure != nil && ctx.Err() != nil {
		return failure
	}
	_, err := s.keeper.Put(ctx, org, catalog.Members, item.ID, 0, func(kept *catalog.Item) (_ bool, err error) {
		var c catalog.Computation
		if kept.Revision > 0 {
			if c, err = catalog.ReadComputation(kept.Body); err != nil {
				return false, err
			}
		}
		if c.Revision > item.Revision { // somebody has computed a newer cohort meanwhile
			return false, nil
		}
		c.TriedAt, c.Error = events.Microseconds(s.now()), reasonOf(failure)
		if failure == nil {
			c.Members, c.ComputedAt, c.Revision = members, c.TriedAt, item.Revision
		}
		kept.Body, err = c.Write()
		return true, err
	})
	return err
}

// reasonOf is what callers may know of a failure.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind() != fault.Internal {
		return f.Message()
	}
	return "internal error"
}

// members finds the members of a cohort now, all of one moment.
func (s *catalogServer) members(ctx context.Context, org uuid.UUID, item catalog.Item) ([]uuid.UUID, error) {
	definition := &eventsv1.CohortDefinition{}
	if err := readBody(item, definition); err != nil {
		return nil, err
	}
	c, err := s.readCohort(ctx, org, definition)
	if err != nil {
		return nil, err
	}
	var members []uuid.UUID
	if c.Static {
		members = c.Members
	} else {
		texts, err := s.store.CohortMembers(ctx, org, c, insight.ActorPage{Limit: math.MaxInt32})
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			id, err := uuid.Parse(text)
			if err != nil {
				return nil, err
			}
			members = append(members, id)
		}
	}
	return s.survivors(ctx, org, members)
}

// computation reads the last one of a cohort; there is false before the first.
func (s *catalogServer) computation(ctx context.Context, cohort uuid.UUID) (c catalog.Computation, there bool, err error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return c, false, err
	}
	item, err := s.store.Item(ctx, org, catalog.Members, cohort)
	if errors.Is(err, catalog.ErrItemNotFound) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	c, err = catalog.ReadComputation(item.Body)
	return c, true, err
}

func (s *catalogServer) cohortToProto(ctx context.Context, i catalog.Item) (*eventsv1.Cohort, error) {
	c := &eventsv1.Cohort{
		Id: i.ID.String(), Name: i.Name, Description: i.Description, Definition: &eventsv1.CohortDefinition{}, Revision: i.Revision,
		CreatedAt: timestamppb.New(i.CreatedAt), UpdatedAt: timestamppb.New(i.UpdatedAt),
	}
	computation, there, err := s.computation(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	if there {
		c.Computation = computationToProto(computation)
	}
	return c, readBody(i, c.GetDefinition())
}

func computationToProto(c catalog.Computation) *eventsv1.CohortComputation {
	m := &eventsv1.CohortComputation{Size: int64(len(c.Members)), CohortRevision: c.Revision, Error: c.Error, TriedAt: timestamppb.New(c.TriedAt)}
	if !c.ComputedAt.IsZero() {
		m.ComputedAt = timestamppb.New(c.ComputedAt)
	}
	return m
}
