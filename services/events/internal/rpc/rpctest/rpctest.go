// Package rpctest asks the desk for insights as a client does: it turns requests of the engine into messages, sends them through a door in this
// process and turns the answers back, so that what is true of the engine can be tried on the contract. It stands before the desk, in tests only.
package rpctest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/joining"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/storetest/scenario"
)

var _ scenario.Engine = (*Client)(nil)

// Client asks the desk. It is what an engine is.
type Client struct {
	t       *testing.T
	conn    grpc.ClientConnInterface
	insight eventsv1.InsightServiceClient
	catalog eventsv1.CatalogServiceClient

	identity *identitytest.Service
	joiner   *joining.Joiner
}

// token is the key that the client asks with, writing the one that it changes things with.
const (
	token   = "analyst"
	writing = "admin"
)

// New serves a desk on a store, whose clock stands still, to one organization.
func New(t *testing.T, store insight.Engine, organization uuid.UUID, now time.Time) scenario.Engine {
	t.Helper()
	people, identity := identitytest.Start(t)
	desk := rpc.New(store, identity, slog.New(slog.DiscardHandler), func() time.Time { return now })
	conn := servetest.Start(t, "events", serve.Deps{Verifier: servetest.Verifier{
		token:   {OrganizationID: organization.String(), Role: accessv1.Role_ROLE_ANALYST, CredentialID: "1"},
		writing: {OrganizationID: organization.String(), Role: accessv1.Role_ROLE_ADMIN, CredentialID: "2"},
	}}, desk.Register)
	return &Client{t: t, conn: conn, insight: eventsv1.NewInsightServiceClient(conn), catalog: eventsv1.NewCatalogServiceClient(conn), identity: people, joiner: desk.Joiner}
}

// actors reads all pages of a list, which are small so that there are some.
func (c *Client) actors(ctx context.Context, req *eventsv1.ListActorsRequest) ([]*eventsv1.InsightActor, error) {
	var all []*eventsv1.InsightActor
	req.PageSize = 2
	for {
		res, err := c.insight.ListActors(servetest.As(ctx, token), req)
		if err != nil {
			return nil, err
		}
		all = append(all, res.GetActors()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return all, nil
		}
	}
}

func (c *Client) texts(ctx context.Context, req *eventsv1.ListActorsRequest) ([]string, error) {
	list, err := c.actors(ctx, req)
	var texts []string
	for _, a := range list {
		texts = append(texts, a.GetActor())
	}
	return texts, err
}

// Trends asks QueryTrends.
func (c *Client) Trends(ctx context.Context, _ uuid.UUID, r insight.TrendsRequest) (insight.TrendsAnswer, error) {
	res, err := c.insight.QueryTrends(servetest.As(ctx, token), trendsRequest(r))
	return trendsAnswer(res), err
}

// TrendActors asks ListActors, as the others do; the page does not count: the list is read to its end.
func (c *Client) TrendActors(ctx context.Context, _ uuid.UUID, r insight.TrendsRequest, cell insight.TrendsCell, _ insight.ActorPage) ([]string, error) {
	made := &eventsv1.TrendCell{Series: int32(cell.Series), Breakdown: key(cell.Key)}
	if cell.Bucket >= 0 {
		made.Bucket = new(int32(cell.Bucket))
	}
	if cell.Previous {
		made.Period = eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS
	}
	return c.texts(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Request: trendsRequest(r), Cell: made}}})
}

// Funnel asks QueryFunnel.
func (c *Client) Funnel(ctx context.Context, _ uuid.UUID, r insight.FunnelRequest) (insight.FunnelAnswer, error) {
	res, err := c.insight.QueryFunnel(servetest.As(ctx, token), funnelRequest(r))
	return funnelAnswer(res), err
}

// FunnelActors asks ListActors.
func (c *Client) FunnelActors(ctx context.Context, _ uuid.UUID, r insight.FunnelRequest, cell insight.FunnelCell, _ insight.ActorPage) ([]string, error) {
	return c.texts(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Funnel{Funnel: &eventsv1.FunnelNumber{
		Request: funnelRequest(r), Cell: &eventsv1.FunnelCell{
			Breakdown: key(cell.Key), Step: int32(cell.Step), Bucket: int32(cell.Bucket), Bin: int32(cell.Bin), Standing: eventsv1.FunnelStanding(cell.Standing),
		},
	}}})
}

// Retention asks QueryRetention.
func (c *Client) Retention(ctx context.Context, _ uuid.UUID, r insight.RetentionRequest) (insight.RetentionAnswer, error) {
	res, err := c.insight.QueryRetention(servetest.As(ctx, token), retentionRequest(r))
	return retentionAnswer(res), err
}

// RetentionActors asks ListActors.
func (c *Client) RetentionActors(ctx context.Context, _ uuid.UUID, r insight.RetentionRequest, row, _, _ int) ([]insight.Appearances, error) {
	list, err := c.actors(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Retention{Retention: &eventsv1.RetentionNumber{
		Request: retentionRequest(r), Cell: &eventsv1.RetentionCell{Interval: int32(row)},
	}}})
	var all []insight.Appearances
	for _, a := range list {
		all = append(all, insight.Appearances{Actor: a.GetActor(), Seen: a.GetAppearances()})
	}
	return all, err
}

// Stickiness asks QueryStickiness.
func (c *Client) Stickiness(ctx context.Context, _ uuid.UUID, r insight.StickinessRequest) (insight.StickinessAnswer, error) {
	res, err := c.insight.QueryStickiness(servetest.As(ctx, token), stickinessRequest(r))
	return stickinessAnswer(res), err
}

// StickinessActors asks ListActors.
func (c *Client) StickinessActors(ctx context.Context, _ uuid.UUID, r insight.StickinessRequest, series, k int, _ insight.ActorPage) ([]string, error) {
	return c.texts(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Stickiness{Stickiness: &eventsv1.StickinessNumber{
		Request: stickinessRequest(r), Cell: &eventsv1.StickinessCell{Series: int32(series), Intervals: int32(k)},
	}}})
}

// Lifecycle asks QueryLifecycle.
func (c *Client) Lifecycle(ctx context.Context, _ uuid.UUID, r insight.LifecycleRequest) (insight.LifecycleAnswer, error) {
	res, err := c.insight.QueryLifecycle(servetest.As(ctx, token), lifecycleRequest(r))
	return lifecycleAnswer(res), err
}

// LifecycleActors asks ListActors.
func (c *Client) LifecycleActors(ctx context.Context, _ uuid.UUID, r insight.LifecycleRequest, bucket int, status insight.Status, _ insight.ActorPage) ([]string, error) {
	return c.texts(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Lifecycle{Lifecycle: &eventsv1.LifecycleNumber{
		Request: lifecycleRequest(r), Cell: &eventsv1.LifecycleCell{Bucket: int32(bucket), Status: eventsv1.LifecycleStatus(status)},
	}}})
}

// Paths asks QueryPaths.
func (c *Client) Paths(ctx context.Context, _ uuid.UUID, r insight.PathsRequest) ([]insight.Edge, error) {
	res, err := c.insight.QueryPaths(servetest.As(ctx, token), pathsRequest(r))
	return edges(res), err
}

// PathActors asks ListActors.
func (c *Client) PathActors(ctx context.Context, _ uuid.UUID, r insight.PathsRequest, edge insight.Edge, _ insight.ActorPage) ([]string, error) {
	return c.texts(ctx, &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Paths{Paths: &eventsv1.PathNumber{
		Request: pathsRequest(r), Cell: &eventsv1.PathCell{SourceStep: int32(edge.Step), Source: edge.Source, Target: edge.Target},
	}}})
}

// Merge has the identity service merge two developers, and does what is done when that is heard of.
func (c *Client) Merge(ctx context.Context, organization, target, source uuid.UUID) error {
	c.identity.Merge(organization.String(), target.String(), source.String())
	return c.joiner.Join(ctx, organization, []uuid.UUID{source})
}

// UpdateDeveloper asks UpdateDeveloperProperties.
func (c *Client) UpdateDeveloper(ctx context.Context, _, developer uuid.UUID, at time.Time, set, setOnce string) (insight.DeveloperState, error) {
	res, err := c.catalog.UpdateDeveloperProperties(servetest.As(ctx, writing), &eventsv1.UpdateDeveloperPropertiesRequest{
		DeveloperId: developer.String(), OccurredAt: timestamppb.New(at), SetJson: set, SetOnceJson: setOnce,
	})
	p := res.GetProperties()
	state := insight.DeveloperState{Object: p.GetPropertiesJson(), Revision: p.GetRevision(), Properties: catalog.Properties{}}
	for _, o := range p.GetOrigins() {
		state.Properties[o.GetKey()] = catalog.Property{At: o.GetUpdatedAt().AsTime().UnixMicro(), Once: o.GetSetOnce()}
	}
	return state, err
}
