package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
)

// judgeAction reads an action as a question would.
func (s *catalogServer) judgeAction(a *eventsv1.Action) func(context.Context, uuid.UUID) error {
	return func(ctx context.Context, org uuid.UUID) error {
		ask, err := s.insight.ask(ctx, org, "")
		if err != nil {
			return err
		}
		_, err = ask.action("action.definition", a.GetDefinition(), 0)
		return err
	}
}

// CreateAction makes an action.
func (s *catalogServer) CreateAction(ctx context.Context, req *eventsv1.CreateActionRequest) (*eventsv1.CreateActionResponse, error) {
	item, err := s.made(ctx, catalog.Action, "action", req.GetAction(), req.GetAction().GetDefinition(), req.GetRequestId(), s.judgeAction(req.GetAction()))
	if err != nil {
		return nil, err
	}
	action, err := actionToProto(item)
	return &eventsv1.CreateActionResponse{Action: action}, err
}

// GetAction returns an action.
func (s *catalogServer) GetAction(ctx context.Context, req *eventsv1.GetActionRequest) (*eventsv1.GetActionResponse, error) {
	item, err := s.item(ctx, catalog.Action, "action_id", req.GetActionId())
	if err != nil {
		return nil, err
	}
	action, err := actionToProto(item)
	return &eventsv1.GetActionResponse{Action: action}, err
}

// ListActions returns a page of actions.
func (s *catalogServer) ListActions(ctx context.Context, req *eventsv1.ListActionsRequest) (*eventsv1.ListActionsResponse, error) {
	list, next, err := items(ctx, s, catalog.Action, req, actionToProto)
	if err != nil {
		return nil, err
	}
	return &eventsv1.ListActionsResponse{Actions: list, NextPageToken: next}, nil
}

// UpdateAction changes an action.
func (s *catalogServer) UpdateAction(ctx context.Context, req *eventsv1.UpdateActionRequest) (*eventsv1.UpdateActionResponse, error) {
	a := req.GetAction()
	item, err := s.changed(ctx, catalog.Action, "action", "definition", a, a.GetDefinition(), req.GetUpdateMask(), s.judgeAction(a))
	if err != nil {
		return nil, err
	}
	action, err := actionToProto(item)
	return &eventsv1.UpdateActionResponse{Action: action}, err
}

// DeleteAction deletes an action that nothing uses.
func (s *catalogServer) DeleteAction(ctx context.Context, req *eventsv1.DeleteActionRequest) (*eventsv1.DeleteActionResponse, error) {
	return &eventsv1.DeleteActionResponse{}, s.remove(ctx, catalog.Action, "action_id", req.GetActionId(), req.GetRevision())
}

func actionToProto(i catalog.Item) (*eventsv1.Action, error) {
	a := &eventsv1.Action{
		Id: i.ID.String(), Name: i.Name, Description: i.Description, Definition: &eventsv1.InlineAction{}, Revision: i.Revision,
		CreatedAt: timestamppb.New(i.CreatedAt), UpdatedAt: timestamppb.New(i.UpdatedAt),
	}
	return a, readBody(i, a.GetDefinition())
}
