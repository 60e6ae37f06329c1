package rpc

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// survivors finds the developers that merged ids stand for.
type survivors interface {
	Survivors(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error)
}

// filterReader reads filters, which may name developers that are merged by now.
type filterReader struct{ developers survivors }

func (r filterReader) read(ctx context.Context, org uuid.UUID, f *eventsv1.EventFilter) (events.Filter, error) {
	filter := events.Filter{Machines: f.GetMachines(), Names: f.GetNames(), Projects: f.GetProjects(), Tools: f.GetTools()}
	for field, list := range map[string][]string{"machines": filter.Machines, "names": filter.Names, "projects": filter.Projects, "tools": filter.Tools} {
		for i, value := range list {
			if err := checkValue(fmt.Sprintf("filter.%s[%d]", field, i), value); err != nil {
				return events.Filter{}, err
			}
		}
	}
	for _, kind := range f.GetSourceKinds() {
		filter.SourceKinds = append(filter.SourceKinds, events.SourceKind(kind))
	}
	for i, text := range f.GetPackages() {
		p, err := events.ParsePackage(fmt.Sprintf("filter.packages[%d]", i), text)
		if err != nil {
			return events.Filter{}, err
		}
		filter.Packages = append(filter.Packages, p)
	}
	var named []uuid.UUID
	for i, text := range f.GetDeveloperIds() {
		id, err := uuid.Parse(text)
		if err != nil {
			return events.Filter{}, events.ErrIdentityInvalid.With("%q is not a UUID", text).Field(fmt.Sprintf("filter.developer_ids[%d]", i))
		}
		named = append(named, id)
	}
	var err error
	filter.DeveloperIDs, err = r.developers.Survivors(ctx, org, named)
	return filter, err
}

// checkValue refuses the one character that no event can hold and Postgres cannot take.
func checkValue(field, value string) error {
	if strings.ContainsRune(value, 0) {
		return events.ErrTextInvalid.With("%s holds a zero character: %q", field, value).Field(field)
	}
	return nil
}

func rangeFromProto(r *eventsv1.TimeRange) (events.Range, error) {
	start, err := boundFromProto("range.start", r.GetStart())
	if err != nil {
		return events.Range{}, err
	}
	end, err := boundFromProto("range.end", r.GetEnd())
	if err != nil {
		return events.Range{}, err
	}
	return events.NewRange(start, end)
}

// boundFromProto returns nil for an absent bound.
func boundFromProto(field string, t *timestamppb.Timestamp) (*time.Time, error) {
	if t == nil {
		return nil, nil //nolint:nilnil // absent is an answer
	}
	if err := t.CheckValid(); err != nil {
		return nil, events.ErrTimeInvalid.With("%s is not a valid time", field).Field(field)
	}
	at := t.AsTime()
	return &at, nil
}

func positionFromCursor(c cursor) *events.Position {
	return &events.Position{OccurredAt: time.UnixMicro(c.Micros).UTC(), ID: c.ID}
}

func cursorOf(e events.Event) cursor { return cursor{Micros: e.OccurredAt.UnixMicro(), ID: e.ID} }
