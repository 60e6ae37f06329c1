package rpc

import (
	"cmp"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
)

func statusToProto(s migrations.Status) *migrationsv1.DatabaseStatus {
	return &migrationsv1.DatabaseStatus{
		Database:      s.Database,
		Engine:        engineToProto(s.Engine),
		State:         stateToProto(s.State),
		Version:       s.Version,
		TargetVersion: s.TargetVersion,
		Pending:       s.Pending,
		Message:       cmp.Or(s.Message, s.Note),
		Waiting:       s.Waiting,
	}
}

func engineToProto(e migrations.Engine) migrationsv1.Engine {
	if e == migrations.ClickHouse {
		return migrationsv1.Engine_ENGINE_CLICKHOUSE
	}
	return migrationsv1.Engine_ENGINE_POSTGRES
}

func stateToProto(s migrations.State) migrationsv1.DatabaseState {
	switch s {
	case migrations.Pending:
		return migrationsv1.DatabaseState_DATABASE_STATE_PENDING
	case migrations.Applying:
		return migrationsv1.DatabaseState_DATABASE_STATE_APPLYING
	case migrations.Ready:
		return migrationsv1.DatabaseState_DATABASE_STATE_READY
	case migrations.Failed:
		return migrationsv1.DatabaseState_DATABASE_STATE_FAILED
	case migrations.Refused:
		return migrationsv1.DatabaseState_DATABASE_STATE_REFUSED
	}
	return migrationsv1.DatabaseState_DATABASE_STATE_UNSPECIFIED
}

func entryToProto(e migrations.Entry) *migrationsv1.HistoryEntry {
	return &migrationsv1.HistoryEntry{
		Version:   e.Version,
		Name:      e.Name,
		Checksum:  e.Checksum,
		AppliedAt: timestamppb.New(e.AppliedAt),
		Duration:  durationpb.New(e.Duration),
		AppliedBy: e.AppliedBy,
		LockWait:  durationpb.New(e.LockWait),
		Actor:     e.Actor,
		Overrides: each(e.Overrides, overrideToProto),
		Baseline:  e.Baseline,
	}
}
