package rpc

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
)

// nameCursor is the last name of a page of definitions.
type nameCursor struct {
	After string `json:"a"`
}

// wanted says which definitions a list has.
type wanted struct {
	contains string
	verified *bool
	hidden   bool
	kind     catalog.Type
}

func (w wanted) keeps(d catalog.Definition) bool {
	return (w.hidden || !d.Hidden) && (w.verified == nil || *w.verified == d.Verified) && (w.kind == catalog.NoType || d.Types[w.kind] > 0) &&
		strings.Contains(lowerASCII(d.Name), lowerASCII(w.contains))
}

// lowerASCII folds the letters A to Z and no others.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// definitions is a page of definitions of a kind, and the token of the next. The filter is the request without its page.
func (s *catalogServer) definitions(
	ctx context.Context, kind catalog.Kind, event string, w wanted, requested int32, token string, filter proto.Message,
) (list []catalog.Definition, next string, err error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, "", err
	}
	size, err := page.Size(requested)
	if err != nil {
		return nil, "", err
	}
	from, _, err := page.Decode[nameCursor](token, org, filter)
	if err != nil {
		return nil, "", err
	}
	all, err := s.defined(ctx, org, kind, event)
	if err != nil {
		return nil, "", err
	}
	for _, d := range all {
		if d.Name > from.After && w.keeps(d) {
			list = append(list, d)
		}
	}
	list, more := page.Cut(list, size)
	if more {
		next = page.Encode(nameCursor{After: list[len(list)-1].Name}, org, filter)
	}
	return list, next, nil
}

func (s *catalogServer) defined(ctx context.Context, org uuid.UUID, kind catalog.Kind, event string) ([]catalog.Definition, error) {
	learned, err := s.store.Learned(ctx, org)
	if err != nil {
		return nil, err
	}
	notes, err := s.store.Items(ctx, org, kind, catalog.Place{}, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	return catalog.Define(kind, event, learned, notes)
}

// ListEventDefinitions returns a page of definitions of events.
func (s *catalogServer) ListEventDefinitions(ctx context.Context, req *eventsv1.ListEventDefinitionsRequest) (*eventsv1.ListEventDefinitionsResponse, error) {
	filter := proto.CloneOf(req)
	filter.PageSize, filter.PageToken = 0, ""
	w := wanted{contains: req.GetNameContains(), verified: req.Verified, hidden: req.GetShowHidden()}
	list, next, err := s.definitions(ctx, catalog.EventNote, "", w, req.GetPageSize(), req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ListEventDefinitionsResponse{NextPageToken: next}
	for _, d := range list {
		res.EventDefinitions = append(res.EventDefinitions, eventDefinitionToProto(d))
	}
	return res, nil
}

// ListPropertyDefinitions returns a page of definitions of properties.
func (s *catalogServer) ListPropertyDefinitions(ctx context.Context, req *eventsv1.ListPropertyDefinitionsRequest) (*eventsv1.ListPropertyDefinitionsResponse, error) {
	filter := proto.CloneOf(req)
	filter.PageSize, filter.PageToken = 0, ""
	w := wanted{contains: req.GetKeyContains(), verified: req.Verified, hidden: req.GetShowHidden(), kind: catalog.Type(req.GetType())}
	list, next, err := s.definitions(ctx, catalog.PropertyNote, req.GetEventName(), w, req.GetPageSize(), req.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ListPropertyDefinitionsResponse{NextPageToken: next}
	for _, d := range list {
		res.PropertyDefinitions = append(res.PropertyDefinitions, propertyDefinitionToProto(d))
	}
	return res, nil
}

// said is what a request says of a definition.
type said interface {
	GetDescription() string
	GetVerified() bool
	GetHidden() bool
	GetRevision() int64
}

// note keeps what people say and returns the definition as it is then.
func (s *catalogServer) note(ctx context.Context, kind catalog.Kind, field, name string, d said, mask *fieldmaskpb.FieldMask) (none catalog.Definition, err error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return none, err
	}
	paths, err := maskOf(mask, "description", "hidden", "verified")
	if err != nil {
		return none, err
	}
	for at, text := range map[string]string{field: name, "description": d.GetDescription()} {
		if err := checkValue(at, text); err != nil {
			return none, err
		}
	}
	_, err = s.keeper.Put(ctx, org, kind, catalog.NoteID(kind, name), d.GetRevision(), func(i *catalog.Item) (bool, error) {
		n, err := catalog.ReadNote(i.Body)
		if err != nil {
			return false, err
		}
		if paths["description"] {
			i.Description = d.GetDescription()
		}
		if paths["hidden"] {
			n.Hidden = d.GetHidden()
		}
		if paths["verified"] {
			n.Verified = d.GetVerified()
		}
		i.Name = name
		i.Body, err = n.Write()
		return true, err
	})
	if err != nil {
		return none, err
	}
	all, err := s.defined(ctx, org, kind, "")
	if err != nil {
		return none, err
	}
	for _, d := range all {
		if d.Name == name {
			return d, nil
		}
	}
	return none, catalog.ErrItemNotFound
}

// UpdateEventDefinition changes what people say of events.
func (s *catalogServer) UpdateEventDefinition(ctx context.Context, req *eventsv1.UpdateEventDefinitionRequest) (*eventsv1.UpdateEventDefinitionResponse, error) {
	d := req.GetEventDefinition()
	now, err := s.note(ctx, catalog.EventNote, "event_definition.name", d.GetName(), d, req.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	return &eventsv1.UpdateEventDefinitionResponse{EventDefinition: eventDefinitionToProto(now)}, nil
}

// UpdatePropertyDefinition changes what people say of a property.
func (s *catalogServer) UpdatePropertyDefinition(ctx context.Context, req *eventsv1.UpdatePropertyDefinitionRequest) (*eventsv1.UpdatePropertyDefinitionResponse, error) {
	d := req.GetPropertyDefinition()
	now, err := s.note(ctx, catalog.PropertyNote, "property_definition.key", d.GetKey(), d, req.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	return &eventsv1.UpdatePropertyDefinitionResponse{PropertyDefinition: propertyDefinitionToProto(now)}, nil
}

// seenToProto is absent for what was never seen.
func seenToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func eventDefinitionToProto(d catalog.Definition) *eventsv1.EventDefinition {
	return &eventsv1.EventDefinition{
		Name: d.Name, Description: d.Description, Verified: d.Verified, Hidden: d.Hidden, EventCount: d.Events,
		FirstSeen: seenToProto(d.First), LastSeen: seenToProto(d.Last), Revision: d.Revision,
	}
}

func propertyDefinitionToProto(d catalog.Definition) *eventsv1.PropertyDefinition {
	p := &eventsv1.PropertyDefinition{
		Key: d.Name, Description: d.Description, Verified: d.Verified, Hidden: d.Hidden, EventCount: d.Events, Examples: d.Examples,
		EventNames: d.EventNames, FirstSeen: seenToProto(d.First), LastSeen: seenToProto(d.Last), Revision: d.Revision,
	}
	for kind := catalog.Text; kind <= catalog.Array; kind++ {
		if n := d.Types[kind]; n > 0 {
			p.Types = append(p.Types, &eventsv1.ValueTypeCount{Type: eventsv1.ValueType(kind), EventCount: n})
		}
	}
	return p
}
