package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// streamed reads a whole stream.
func (b *bundle) streamed(token string, req *eventsv1.StreamExposureRequest) (list []*eventsv1.StreamExposureResponse, err error) {
	b.t.Helper()
	stream, err := b.event.StreamExposure(b.as(token), req)
	require.NoError(b.t, err)
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, part)
	}
}

// wide stores more than fits into the largest answer of GetExposure.
func (b *bundle) wide(count int, properties string) {
	b.t.Helper()
	var batch []events.Event
	for i := range count {
		e, err := events.Event{
			ID: [16]byte{0: 1, 14: byte(i >> 8), 15: byte(i)}, Name: "package.added", OccurredAt: noon, Packages: []string{"pkg:npm/x@1"},
			Source: events.Source{Kind: events.SourceGit, Machine: fmt.Sprint("m", i)}, Project: fmt.Sprint("p", i%700), Properties: properties,
		}.Canonical(noon)
		require.NoError(b.t, err)
		batch = append(batch, e)
	}
	_, err := b.store.Append(b.t.Context(), uuid.MustParse(acme), batch)
	require.NoError(b.t, err)
}

func TestAStreamOfAnExposureIsNotCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wide(2500, "{}")
	parts, err := b.streamed("analyst", &eventsv1.StreamExposureRequest{Purl: "pkg:npm/x", IncludeEvidence: true})
	require.NoError(t, err)
	whole := &eventsv1.StreamExposureResponse{}
	for _, part := range parts {
		proto.Merge(whole, part)
	}
	require.Len(t, whole.GetMachines(), 2500)
	require.Len(t, whole.GetProjects(), 700)
	require.Len(t, whole.GetEvidence(), 2500)
	got, err := b.event.GetExposure(b.as("analyst"), &eventsv1.GetExposureRequest{Purl: "pkg:npm/x", RowLimit: 1000, EvidenceLimit: 1000})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(got.GetProjects(), whole.GetProjects(), protocmp.Transform()))
	require.Empty(t, cmp.Diff(got.GetMachines(), whole.GetMachines()[:1000], protocmp.Transform()))
	require.Empty(t, cmp.Diff(got.GetEvidence(), whole.GetEvidence()[:1000], protocmp.Transform()))
	require.Empty(t, cmp.Diff(got.GetVersions(), whole.GetVersions(), protocmp.Transform()))
	require.Empty(t, cmp.Diff(got.GetSighting(), whole.GetSighting(), protocmp.Transform()))
	require.EqualValues(t, 2500, got.GetMachineCount())
	require.Equal(t, eventsv1.Presence_PRESENCE_PRESENT, whole.GetProjects()[699].GetPresence())
}

func TestLargeEventsOfAStreamFitIntoMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wide(60, fmt.Sprintf(`{"text":"%0*d"}`, events.MaxPropertiesBytes-20, 0))
	parts, err := b.streamed("analyst", &eventsv1.StreamExposureRequest{Purl: "pkg:npm/x", IncludeEvidence: true})
	require.NoError(t, err)
	sent := 0
	for _, part := range parts {
		sent += len(part.GetEvidence())
		require.Less(t, proto.Size(part), 2<<20)
	}
	require.Equal(t, 60, sent)
}

func TestAStreamOfNothingHasOneMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wide(1, "{}")
	nothing := []*eventsv1.StreamExposureResponse{{Purl: "pkg:npm/y@1"}}
	for token, purl := range map[string]string{"analyst": "pkg:npm/y@1?a=b", "stranger": "pkg:npm/y@1"} {
		parts, err := b.streamed(token, &eventsv1.StreamExposureRequest{Purl: purl, IncludeEvidence: true})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(nothing, parts, protocmp.Transform()))
	}
	parts, err := b.streamed("stranger", &eventsv1.StreamExposureRequest{Purl: "pkg:npm/x", VersionRange: ">=1.0.0", IncludeEvidence: true})
	require.NoError(t, err)
	require.Len(t, parts, 1)
	for field, req := range map[string]*eventsv1.StreamExposureRequest{
		"purl":          {Purl: "npm/x"},
		"version_range": {Purl: "pkg:npm/x@1", VersionRange: ">=1"},
		"versions":      {Purl: "pkg:npm/x@1", Versions: []string{"2"}},
	} {
		_, err := b.streamed("analyst", req)
		var f *fault.Fault
		require.ErrorAs(t, err, &f)
		require.Equal(t, field, f.FieldPath())
	}
	_, err = b.streamed("ingest", &eventsv1.StreamExposureRequest{Purl: "pkg:npm/x"})
	require.ErrorIs(t, err, fault.Denied)
}

func TestAClientThatGoesEndsItsStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wide(2500, "{}")
	ctx, cancel := context.WithCancel(b.as("analyst"))
	stream, err := b.event.StreamExposure(ctx, &eventsv1.StreamExposureRequest{Purl: "pkg:npm/x", IncludeEvidence: true})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	require.ErrorIs(t, err, fault.Canceled)
}
