package rpc

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// defaultDigestRows is how many rows each list of a digest has when the request does not say.
const defaultDigestRows = 10

func digestFromProto(req *eventsv1.GetDigestRequest) (events.DigestQuery, error) {
	start, err := boundFromProto("range.start", req.GetRange().GetStart())
	if err != nil {
		return events.DigestQuery{}, err
	}
	end, err := boundFromProto("range.end", req.GetRange().GetEnd())
	if err != nil {
		return events.DigestQuery{}, err
	}
	q, err := events.NewDigestQuery(start, end)
	q.Limit = int(req.GetRowLimit())
	if q.Limit == 0 {
		q.Limit = defaultDigestRows
	}
	return q, err
}

func digestToProto(q events.DigestQuery, d events.Digest) *eventsv1.GetDigestResponse {
	res := &eventsv1.GetDigestResponse{
		Range:         &eventsv1.TimeRange{Start: timestamppb.New(q.Middle), End: timestamppb.New(q.Range.End)},
		PreviousRange: &eventsv1.TimeRange{Start: timestamppb.New(q.Range.Start), End: timestamppb.New(q.Middle)},
		Events:        tallyToProto(d.Events),
		Developers:    tallyToProto(d.Developers),
		AgentEvents:   tallyToProto(d.Agents),
		SourceCount:   int32(d.Sources.Total),
		NameCount:     int32(d.Names.Total),
		ProjectCount:  int32(d.Projects.Total),
		PackageCount:  int32(d.Packages.Total),
	}
	for _, row := range d.Sources.Rows {
		res.Sources = append(res.Sources, &eventsv1.SourceActivity{
			Kind: eventsv1.SourceKind(row.Key.Kind), Tool: row.Key.Name, Events: tallyToProto(row.Tally),
		})
	}
	for _, row := range d.Names.Rows {
		res.Names = append(res.Names, &eventsv1.NameActivity{Name: row.Key, Events: tallyToProto(row.Tally)})
	}
	for _, row := range d.Projects.Rows {
		res.Projects = append(res.Projects, &eventsv1.ProjectActivity{Project: row.Key, Events: tallyToProto(row.Tally)})
	}
	for _, row := range d.Packages.Rows {
		res.Packages = append(res.Packages, &eventsv1.PackageActivity{
			Purl: row.Package, AddedCount: row.Added, ChangedCount: row.Changed, RemovedCount: row.Removed,
		})
	}
	return res
}

func tallyToProto(t events.Tally) *eventsv1.Tally {
	return &eventsv1.Tally{Current: t.Current, Previous: t.Previous}
}
