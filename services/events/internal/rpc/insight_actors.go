package rpc

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

// actorCursor is how far a list of actors was read: the last one, or of a retention how many.
type actorCursor struct {
	After  string `json:"a,omitempty"`
	Offset int    `json:"o,omitempty"`
}

// ListActors lists the actors that a number of an answer counts.
func (s *insightServer) ListActors(ctx context.Context, req *eventsv1.ListActorsRequest) (*eventsv1.ListActorsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	number := &eventsv1.ListActorsRequest{Number: req.GetNumber()}
	from, _, err := page.Decode[actorCursor](req.GetPageToken(), org, number)
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(from.After, 0) || from.Offset < 0 {
		return nil, page.ErrToken
	}
	if n := req.GetRetention(); n != nil {
		res, err := s.appearances(ctx, org, n, number, from.Offset, size)
		return res, under("retention", err)
	}
	actors, err := s.actors(ctx, org, req, insight.ActorPage{After: from.After, Limit: size + 1})
	if err != nil {
		return nil, err
	}
	actors, more := page.Cut(actors, size)
	res := &eventsv1.ListActorsResponse{}
	for _, actor := range actors {
		res.Actors = append(res.Actors, &eventsv1.InsightActor{Actor: actor})
	}
	if more {
		res.NextPageToken = page.Encode(actorCursor{After: actors[len(actors)-1]}, org, number)
	}
	return res, nil
}

// actors asks for the actors of every number but a retention's.
func (s *insightServer) actors(ctx context.Context, org uuid.UUID, req *eventsv1.ListActorsRequest, p insight.ActorPage) (actors []string, err error) {
	switch n := req.GetNumber().(type) {
	case *eventsv1.ListActorsRequest_Trends:
		actors, err = s.trendActors(ctx, org, n.Trends, p)
		err = under("trends", err)
	case *eventsv1.ListActorsRequest_Funnel:
		actors, err = s.funnelActors(ctx, org, n.Funnel, p)
		err = under("funnel", err)
	case *eventsv1.ListActorsRequest_Stickiness:
		actors, err = s.stickinessActors(ctx, org, n.Stickiness, p)
		err = under("stickiness", err)
	case *eventsv1.ListActorsRequest_Lifecycle:
		actors, err = s.lifecycleActors(ctx, org, n.Lifecycle, p)
		err = under("lifecycle", err)
	case *eventsv1.ListActorsRequest_Paths:
		actors, err = s.pathActors(ctx, org, n.Paths, p)
		err = under("paths", err)
	}
	return actors, err
}

// appearances lists the actors of a row of a retention with the intervals in which they appear.
func (s *insightServer) appearances(ctx context.Context, org uuid.UUID, n *eventsv1.RetentionNumber, number proto.Message, offset, size int) (*eventsv1.ListActorsResponse, error) {
	r, err := s.retentionRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	list, err := s.engine.RetentionActors(ctx, org, r, int(n.GetCell().GetInterval()), offset, size+1)
	if err != nil {
		return nil, err
	}
	list, more := page.Cut(list, size)
	res := &eventsv1.ListActorsResponse{}
	for _, a := range list {
		res.Actors = append(res.Actors, &eventsv1.InsightActor{Actor: a.Actor, Appearances: a.Seen})
	}
	if more {
		res.NextPageToken = page.Encode(actorCursor{Offset: offset + size}, org, number)
	}
	return res, nil
}
