package scenario

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
)

var _ Engine = (*answer.Engine)(nil)

// Engine is what answers requests: an [answer.Engine], or one that is asked over a wire.
type Engine interface {
	Trends(ctx context.Context, organization uuid.UUID, r insight.TrendsRequest) (insight.TrendsAnswer, error)
	TrendActors(ctx context.Context, organization uuid.UUID, r insight.TrendsRequest, cell insight.TrendsCell, page insight.ActorPage) ([]string, error)
	Funnel(ctx context.Context, organization uuid.UUID, r insight.FunnelRequest) (insight.FunnelAnswer, error)
	FunnelActors(ctx context.Context, organization uuid.UUID, r insight.FunnelRequest, cell insight.FunnelCell, page insight.ActorPage) ([]string, error)
	Retention(ctx context.Context, organization uuid.UUID, r insight.RetentionRequest) (insight.RetentionAnswer, error)
	RetentionActors(ctx context.Context, organization uuid.UUID, r insight.RetentionRequest, row, offset, limit int) ([]insight.Appearances, error)
	Stickiness(ctx context.Context, organization uuid.UUID, r insight.StickinessRequest) (insight.StickinessAnswer, error)
	StickinessActors(ctx context.Context, organization uuid.UUID, r insight.StickinessRequest, series, k int, page insight.ActorPage) ([]string, error)
	Lifecycle(ctx context.Context, organization uuid.UUID, r insight.LifecycleRequest) (insight.LifecycleAnswer, error)
	LifecycleActors(ctx context.Context, organization uuid.UUID, r insight.LifecycleRequest, bucket int, status insight.Status, page insight.ActorPage) ([]string, error)
	Paths(ctx context.Context, organization uuid.UUID, r insight.PathsRequest) ([]insight.Edge, error)
	PathActors(ctx context.Context, organization uuid.UUID, r insight.PathsRequest, edge insight.Edge, page insight.ActorPage) ([]string, error)
}

// NewEngine makes an engine over a store for an organization whose clock stands still.
type NewEngine func(t *testing.T, store insight.Engine, organization uuid.UUID, now time.Time) Engine
