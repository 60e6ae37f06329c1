package lease

import (
	"google.golang.org/protobuf/types/known/durationpb"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

func instanceToProto(i Instance) *migrationsv1.Instance {
	m := &migrationsv1.Instance{
		Service:         i.Service,
		InstanceId:      i.ID,
		BuildVersion:    i.Build,
		ApplicationName: i.ApplicationName(),
		Parked:          i.Parked,
	}
	if i.ExpectedInterval > 0 {
		m.ExpectedInterval = durationpb.New(i.ExpectedInterval)
	}
	for _, n := range i.Needs {
		m.Needs = append(m.Needs, &migrationsv1.SchemaNeed{
			Database: n.Database, MinVersion: n.MinVersion, MaxVersionExclusive: n.MaxVersionExclusive, Uses: n.Uses,
		})
	}
	return m
}
