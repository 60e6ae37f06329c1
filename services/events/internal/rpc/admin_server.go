package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/privacy"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/wire"
)

type adminServer struct {
	eventsv1.UnimplementedAdminServiceServer
	intake  *ingest.Intake
	letters events.DeadLetters
	monitor insight.Engine
	now     func() time.Time
	privacy *privacy.Keeper
}

// ListDeadLetters returns a page of dead letters, newest failure first.
func (s *adminServer) ListDeadLetters(ctx context.Context, req *eventsv1.ListDeadLettersRequest) (*eventsv1.ListDeadLettersResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, more, err := page.Decode[cursor](req.GetPageToken(), org)
	if err != nil {
		return nil, err
	}
	var from *events.DeadLetterPosition
	if more {
		from = &events.DeadLetterPosition{FailedAt: time.UnixMicro(after.Micros).UTC(), ID: after.ID}
	}
	list, err := s.letters.ListDeadLetters(ctx, org, from, size+1)
	if err != nil {
		return nil, err
	}
	list, more = page.Cut(list, size)
	res := &eventsv1.ListDeadLettersResponse{}
	for _, l := range list {
		res.DeadLetters = append(res.DeadLetters, deadLetterToProto(l))
	}
	var all bool
	res.DeadLetters, all = page.Fit(res.DeadLetters, page.MaxBytes)
	if more || !all {
		last := list[len(res.GetDeadLetters())-1]
		res.NextPageToken = page.Encode(cursor{ID: last.ID, Micros: last.FailedAt.UnixMicro()}, org)
	}
	return res, nil
}

// ReplayDeadLetters hands letters to the store again.
func (s *adminServer) ReplayDeadLetters(ctx context.Context, req *eventsv1.ReplayDeadLettersRequest) (*eventsv1.ReplayDeadLettersResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ReplayDeadLettersResponse{}
	for i, replay := range req.GetReplays() {
		id, err := uuid.Parse(replay.GetDeadLetterId())
		if err != nil {
			return nil, events.ErrEventIDInvalid.With("%q is not a UUID", replay.GetDeadLetterId()).Field(fmt.Sprintf("replays[%d].dead_letter_id", i))
		}
		var repaired *ingest.Draft
		if replay.GetRepairedEvent() != nil {
			draft := wire.DraftFromProto(replay.GetRepairedEvent())
			repaired = &draft
		}
		result, err := s.intake.Replay(ctx, org, id, repaired)
		if err != nil {
			return nil, err
		}
		res.Results = append(res.Results, wire.ResultsToProto([]*eventsv1.Event{{Id: id.String()}}, []ingest.Result{result})...)
	}
	return res, nil
}

func deadLetterToProto(l events.DeadLetter) *eventsv1.DeadLetter {
	m := &eventsv1.DeadLetter{
		FailedAt: timestamppb.New(l.FailedAt), Id: l.ID.String(), Message: l.Message, Reason: l.Reason, ReceivedAt: timestamppb.New(l.ReceivedAt),
	}
	if e, err := queue.DecodeEvent(l.Payload); err == nil {
		m.Event = eventToProto(e)
	}
	return m
}
