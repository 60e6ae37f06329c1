package main

import (
	"context"

	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// shelves are the kinds of things that people save.
func shelves() []*shelf { return []*shelf{actionShelf(), cohortShelf(), insightShelf()} }

// asItems are messages as what they have in common.
func asItems[M render.Item](list []M) []render.Item {
	items := make([]render.Item, len(list))
	for i, m := range list {
		items[i] = m
	}
	return items
}

func insightShelf() *shelf {
	return &shelf{
		use: "insights", one: "insight",
		empty: func() proto.Message { return &eventsv1.InsightRequest{} },
		list: func(ctx context.Context, client eventsv1.CatalogServiceClient, token string) ([]render.Item, string, error) {
			answer, err := client.ListSavedInsights(ctx, &eventsv1.ListSavedInsightsRequest{PageSize: pageSize, PageToken: token})
			return asItems(answer.GetSavedInsights()), answer.GetNextPageToken(), err
		},
		create: func(c *catalogCall, name, description string, definition proto.Message) (render.Item, error) {
			answer, err := c.client.CreateSavedInsight(c.Context(), &eventsv1.CreateSavedInsightRequest{
				SavedInsight: &eventsv1.SavedInsight{Name: name, Description: description, Request: definition.(*eventsv1.InsightRequest)},
			})
			return answer.GetSavedInsight(), err
		},
		remove: func(ctx context.Context, client eventsv1.CatalogServiceClient, id string) error {
			_, err := client.DeleteSavedInsight(ctx, &eventsv1.DeleteSavedInsightRequest{SavedInsightId: id})
			return err
		},
	}
}
