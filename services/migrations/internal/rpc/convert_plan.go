package rpc

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

func planToProto(p migrations.Plan) *migrationsv1.PlanDatabaseResponse {
	return &migrationsv1.PlanDatabaseResponse{
		Database:    p.Database,
		Fingerprint: p.Fingerprint,
		Segments:    each(p.Segments, segmentToProto),
		Findings:    each(p.Findings, findingToProto),
		Gates:       each(p.Gates, gateToProto),
	}
}

func segmentToProto(s migrations.Segment) *migrationsv1.PlanSegment {
	return &migrationsv1.PlanSegment{Transaction: s.Transaction, Background: s.Background, Files: s.Files, Statements: each(s.Statements, statementToProto)}
}

func statementToProto(s migrations.PlannedStatement) *migrationsv1.PlanStatement {
	message := &migrationsv1.PlanStatement{
		File: s.File, Number: int32(s.Number), Line: int32(s.Line), Sql: s.SQL, Effects: each(s.Effects, effectToProto), Unmeasured: s.Unmeasured,
	}
	if s.Estimate > 0 {
		message.Estimate = durationpb.New(s.Estimate)
	}
	return message
}

func effectToProto(e migrations.Effect) *migrationsv1.RelationEffect {
	return &migrationsv1.RelationEffect{Relation: e.Relation, Lock: e.Lock, Rewrite: e.Rewrite, Scan: e.Scan, LiveRows: e.LiveRows, LiveBytes: e.LiveBytes}
}

func gateToProto(g migrations.Gate) *migrationsv1.Gate {
	state := map[migrations.GateState]migrationsv1.GateState{
		migrations.GateWaiting:    migrationsv1.GateState_GATE_STATE_WAITING,
		migrations.GateOpen:       migrationsv1.GateState_GATE_STATE_OPEN,
		migrations.GateOverridden: migrationsv1.GateState_GATE_STATE_OVERRIDDEN,
	}[g.State]
	message := &migrationsv1.Gate{
		Database: g.Database, File: g.File, State: state, Objects: g.Objects, Soak: durationpb.New(g.Soak), Offenders: each(g.Offenders, offenderToProto),
	}
	if !g.Earliest.IsZero() {
		message.Earliest = timestamppb.New(g.Earliest)
	}
	return message
}

func offenderToProto(o migrations.Offender) *migrationsv1.Offender {
	return &migrationsv1.Offender{Kind: string(o.Kind), Message: o.Message}
}

func findingToProto(f lint.Finding) *migrationsv1.Finding {
	return &migrationsv1.Finding{
		Rule: f.Rule, Severity: severityToProto(f.Severity), File: f.File, Line: int32(f.Line), Column: int32(f.Column), Message: f.Message,
		Advice: f.Alternative, Lock: f.Lock, Suppressed: f.Suppressed, SuppressedReason: f.Justification,
	}
}

func severityToProto(s lint.Severity) migrationsv1.Severity {
	return map[lint.Severity]migrationsv1.Severity{
		lint.Error:   migrationsv1.Severity_SEVERITY_ERROR,
		lint.Gate:    migrationsv1.Severity_SEVERITY_GATE,
		lint.Warning: migrationsv1.Severity_SEVERITY_WARNING,
		lint.Info:    migrationsv1.Severity_SEVERITY_INFO,
		lint.Policy:  migrationsv1.Severity_SEVERITY_POLICY,
	}[s]
}

func overrideToProto(o migrations.Override) *migrationsv1.Override {
	message := &migrationsv1.Override{File: o.File, Rule: o.Rule, Reason: o.Reason, Actor: o.Actor}
	if !o.At.IsZero() {
		message.At = timestamppb.New(o.At)
	}
	return message
}

func differenceToProto(d migrations.Difference) *migrationsv1.Difference {
	return &migrationsv1.Difference{Kind: d.Kind, Object: d.Object, Expected: d.Expected, Actual: d.Actual, Host: d.Host}
}

func progressToProto(p migrations.Progress) *migrationsv1.ApplyDatabaseResponse {
	return &migrationsv1.ApplyDatabaseResponse{
		Database: p.Database, File: p.File, Statement: int32(p.Statement), Statements: int32(p.Statements), Phase: phaseToProto(p.Phase),
		Message: p.Message, Rows: p.Rows, Percent: p.Percent, LockWait: durationpb.New(p.LockWait), Host: p.Host,
	}
}

func phaseToProto(p migrations.Phase) migrationsv1.Phase {
	return map[migrations.Phase]migrationsv1.Phase{
		migrations.WaitingForLock:   migrationsv1.Phase_PHASE_WAITING_FOR_LOCK,
		migrations.Checking:         migrationsv1.Phase_PHASE_CHECKING,
		migrations.RunningStatement: migrationsv1.Phase_PHASE_RUNNING,
		migrations.WaitingForTable:  migrationsv1.Phase_PHASE_WAITING_FOR_TABLE,
		migrations.Retrying:         migrationsv1.Phase_PHASE_RETRYING,
		migrations.FileApplied:      migrationsv1.Phase_PHASE_APPLIED,
		migrations.PassedOver:       migrationsv1.Phase_PHASE_PASSED_OVER,
		migrations.Finished:         migrationsv1.Phase_PHASE_FINISHED,
	}[p]
}

// each converts a list.
func each[A, B any](list []A, convert func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	converted := make([]B, len(list))
	for i, one := range list {
		converted[i] = convert(one)
	}
	return converted
}
