package rpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func TestPropertiesArePromotedByAdministrators(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.catalog.PromoteProperty(b.as("analyst"), &eventsv1.PromotePropertyRequest{Key: "lang"})
	require.ErrorIs(t, err, fault.Denied)
	_, err = b.catalog.PromoteProperty(b.as("admin"), &eventsv1.PromotePropertyRequest{Key: "a\x00"})
	requireField(t, err, fault.Invalid, "key")
	made, err := b.catalog.PromoteProperty(b.as("admin"), &eventsv1.PromotePropertyRequest{Key: "lang"})
	require.NoError(t, err)
	require.Equal(t, eventsv1.PromotionState_PROMOTION_STATE_BACKFILLING, made.GetProperty().GetState())
	require.Equal(t, "lang", made.GetProperty().GetKey())

	list, err := b.catalog.ListPromotedProperties(b.as("admin"), &eventsv1.ListPromotedPropertiesRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetProperties(), 1)
	require.EqualValues(t, 16, list.GetLimit())

	gone, err := b.catalog.DemoteProperty(b.as("admin"), &eventsv1.DemotePropertyRequest{Key: "lang"})
	require.NoError(t, err)
	require.Equal(t, eventsv1.PromotionState_PROMOTION_STATE_REMOVING, gone.GetProperty().GetState())
	_, err = b.catalog.DemoteProperty(b.as("admin"), &eventsv1.DemotePropertyRequest{Key: "lang"})
	require.ErrorIs(t, err, fault.NotFound)

	suggested, err := b.catalog.SuggestPromotions(b.as("admin"), &eventsv1.SuggestPromotionsRequest{})
	require.NoError(t, err)
	require.Empty(t, suggested.GetSuggestions(), "nobody asked anything")
}
