package rpc

import (
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

func exposureFromProto(req *eventsv1.GetExposureRequest) (events.ExposureRequest, error) {
	span, err := rangeFromProto(req.GetRange())
	if err != nil {
		return events.ExposureRequest{}, err
	}
	rows := int(req.GetRowLimit())
	if rows == 0 {
		rows = defaultRows
	}
	return events.ExposureRequest{
		Purl: req.GetPurl(), Versions: req.GetVersions(), VersionRange: req.GetVersionRange(), Range: span, Rows: rows, Evidence: int(req.GetEvidenceLimit()),
	}, nil
}

func exposureToProto(answer events.ExposureAnswer) *eventsv1.GetExposureResponse {
	x, part := answer.Exposure, exposurePartToProto(answer)
	return &eventsv1.GetExposureResponse{
		Purl:           part.GetPurl(),
		Sighting:       part.GetSighting(),
		Evidence:       part.GetEvidence(),
		Developers:     part.GetDevelopers(),
		Actors:         part.GetActors(),
		Projects:       part.GetProjects(),
		Sources:        part.GetSources(),
		Machines:       part.GetMachines(),
		Versions:       part.GetVersions(),
		DeveloperCount: int32(x.Developers.Total),
		ActorCount:     int32(x.Actors.Total),
		ProjectCount:   int32(x.Projects.Total),
		SourceCount:    int32(x.Sources.Total),
		MachineCount:   int32(x.Machines.Total),
		VersionCount:   int32(x.Versions.Total),
	}
}

// exposurePartToProto is a part of an answer, or a whole one without its counts.
func exposurePartToProto(answer events.ExposureAnswer) *eventsv1.StreamExposureResponse {
	x := answer.Exposure
	res := &eventsv1.StreamExposureResponse{
		Purl:       answer.Purl,
		Evidence:   eventsToProto(answer.Evidence),
		Developers: rowsToProto(x.Developers, developerExposureToProto),
		Actors:     rowsToProto(x.Actors, actorExposureToProto),
		Projects:   rowsToProto(x.Projects, projectExposureToProto),
		Sources:    rowsToProto(x.Sources, sourceExposureToProto),
		Machines:   rowsToProto(x.Machines, machineExposureToProto),
		Versions:   rowsToProto(x.Versions, versionExposureToProto),
	}
	for _, row := range res.GetProjects() {
		row.Presence = eventsv1.Presence(answer.Presence[row.GetProject()])
	}
	if x.Sighting.Count > 0 {
		res.Sighting = sightingToProto(x.Sighting)
	}
	return res
}

func rowsToProto[K, M any](list events.Sightings[K], convert func(K, *eventsv1.Sighting) M) []M {
	var rows []M
	for _, row := range list.Rows {
		rows = append(rows, convert(row.Key, sightingToProto(row.Sighting)))
	}
	return rows
}

func sightingToProto(s events.Sighting) *eventsv1.Sighting {
	return &eventsv1.Sighting{FirstSeenAt: timestamppb.New(s.First), LastSeenAt: timestamppb.New(s.Last), EventCount: s.Count}
}

func developerExposureToProto(id uuid.UUID, s *eventsv1.Sighting) *eventsv1.DeveloperExposure {
	return &eventsv1.DeveloperExposure{DeveloperId: id.String(), Sighting: s}
}

func actorExposureToProto(a events.Actor, s *eventsv1.Sighting) *eventsv1.ActorExposure {
	return &eventsv1.ActorExposure{Identity: identityToProto(a.Identity), DeveloperId: developerToProto(a.DeveloperID), Sighting: s}
}

func projectExposureToProto(project string, s *eventsv1.Sighting) *eventsv1.ProjectExposure {
	return &eventsv1.ProjectExposure{Project: project, Sighting: s}
}

func sourceExposureToProto(t events.Tool, s *eventsv1.Sighting) *eventsv1.SourceExposure {
	return &eventsv1.SourceExposure{Kind: eventsv1.SourceKind(t.Kind), Tool: t.Name, Sighting: s}
}

func machineExposureToProto(machine string, s *eventsv1.Sighting) *eventsv1.MachineExposure {
	return &eventsv1.MachineExposure{Machine: machine, Sighting: s}
}

func versionExposureToProto(version string, s *eventsv1.Sighting) *eventsv1.VersionExposure {
	return &eventsv1.VersionExposure{Version: version, Sighting: s}
}
