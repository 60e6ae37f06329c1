package rpc_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/cohorts"
)

func TestCohortsAreComputedInTheBackground(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.capture(event(1, by(email, "ada@example.org")), event(2, by(email, "bo@example.org")))
	static := func(members ...string) *eventsv1.CohortDefinition {
		return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: &eventsv1.StaticCohort{DeveloperIds: members}}}
	}
	list := b.list(&eventsv1.ListEventsRequest{})
	ada, bo := list[1].GetDeveloperId(), list[0].GetDeveloperId()
	made, err := b.catalog.CreateCohort(b.as("admin"), &eventsv1.CreateCohortRequest{Cohort: &eventsv1.Cohort{Name: "c", Definition: static(ada)}})
	require.NoError(t, err)
	members := func() []string {
		res, err := b.catalog.ListCohortMembers(b.as("analyst"), &eventsv1.ListCohortMembersRequest{CohortId: made.GetCohort().GetId()})
		require.NoError(t, err)
		return res.GetDeveloperIds()
	}
	require.Empty(t, members())
	clock := func() time.Time { return noon }
	free := func(context.Context, uuid.UUID) (func(), error) { return func() {}, nil }
	worker := cohorts.New(cohorts.Config{Every: time.Hour}, b.store, b.desk.ComputeCohort, free, slog.New(slog.DiscardHandler), clock)
	require.NoError(t, worker.Look(t.Context()))
	require.Equal(t, []string{ada}, members())

	old, err := b.store.Item(t.Context(), uuid.MustParse(acme), catalog.Cohort, uuid.MustParse(made.GetCohort().GetId()))
	require.NoError(t, err)
	update := proto.CloneOf(made.GetCohort())
	update.Definition = static(bo)
	_, err = b.catalog.UpdateCohort(b.as("admin"), &eventsv1.UpdateCohortRequest{Cohort: update, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"definition"}}})
	require.NoError(t, err)
	require.NoError(t, worker.Look(t.Context()))
	require.Equal(t, []string{bo}, members())
	require.NoError(t, b.desk.ComputeCohort(t.Context(), uuid.MustParse(acme), old))
	require.Equal(t, []string{bo}, members(), "a computation of the cohort before does not take the place of a newer one")
}
