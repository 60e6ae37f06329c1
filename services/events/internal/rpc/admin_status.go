package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// GetSystemStatus says how the database and the way in are. A database that does not answer is an answer, not an error.
func (s *adminServer) GetSystemStatus(ctx context.Context, _ *eventsv1.GetSystemStatusRequest) (*eventsv1.GetSystemStatusResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	operator := auth.MustCaller(ctx).Role == accessv1.Role_ROLE_OPERATOR
	res := &eventsv1.GetSystemStatusResponse{Database: &eventsv1.DatabaseStatus{}}
	status, err := s.monitor.Status(ctx)
	if err == nil {
		res.Database = databaseToProto(status, operator)
		err = s.monitor.Ready(ctx)
	}
	switch {
	case err == nil:
		res.Database.Ready = true
	case fault.KindOf(err) == fault.Unavailable:
		res.Database.Message = sentence(err)
	default:
		return nil, err
	}
	if res.GetDatabase().GetReady() {
		n, err := s.monitor.DeadLetterCount(ctx, org)
		if err != nil {
			return nil, err
		}
		res.DeadLetterCount = &n
	}
	if waiting, ok := s.intake.Waiting(); ok && operator {
		res.Queue = &eventsv1.QueueStatus{FrameCount: waiting.Frames, ByteCount: waiting.Bytes, Lag: durationpb.New(0)}
		if !waiting.Oldest.IsZero() {
			res.Queue.OldestReceivedAt = timestamppb.New(waiting.Oldest)
			res.Queue.Lag = durationpb.New(max(0, s.now().Sub(waiting.Oldest)))
		}
	}
	return res, nil
}

// sentence is what a fault says to its caller.
func sentence(err error) string { return fault.ToStatus(err, "").Message() }

func databaseToProto(d events.StoreStatus, operator bool) *eventsv1.DatabaseStatus {
	m := &eventsv1.DatabaseStatus{Engine: d.Engine, ServerVersion: d.Version, SchemaVersion: d.SchemaVersion, StartedAt: timestamppb.New(d.StartedAt)}
	if !operator {
		return m
	}
	for _, t := range d.Tables {
		m.Tables = append(m.Tables, &eventsv1.TableStatus{Table: t.Name, RowCount: t.Rows, ByteCount: t.Bytes, PartCount: t.Parts})
	}
	for _, disk := range d.Disks {
		m.Disks = append(m.Disks, &eventsv1.DiskStatus{Disk: disk.Name, FreeBytes: disk.FreeBytes, TotalBytes: disk.TotalBytes})
	}
	for _, r := range d.Replicas {
		m.Replicas = append(m.Replicas, &eventsv1.ReplicaStatus{Replica: r.Name, Healthy: r.Healthy, Lag: durationpb.New(r.Lag), WaitingCount: r.Waiting})
	}
	return m
}
