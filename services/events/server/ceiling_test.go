package server

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// ceilingRows is the size of a block of the ceiling.
const ceilingRows = 100_000

// ceiling inserts lean events as fast as a client can, columns reused and nothing compressed, into a table like that of the events.
// It returns events a second.
func ceiling(b *testing.B, address string, length time.Duration) float64 {
	b.Helper()
	u, err := url.Parse(address)
	require.NoError(b, err)
	ctx := context.WithoutCancel(b.Context())
	client, err := ch.Dial(ctx, ch.Options{Address: u.Host, Compression: ch.CompressionDisabled, Database: u.Path[1:], User: "default"})
	require.NoError(b, err)
	defer func() { require.NoError(b, client.Close()) }()
	require.NoError(b, client.Do(ctx, ch.Query{Body: "DROP TABLE IF EXISTS ceiling SYNC"}))
	require.NoError(b, client.Do(ctx, ch.Query{Body: "CREATE TABLE ceiling AS events"}))
	var (
		organizations, ids, developers       proto.ColUUID
		actorKinds, sourceKinds              proto.ColUInt8
		values, machines, sessions, texts    proto.ColStr
		names, tools, toolVersions, projects = new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality()
		occurred, received                   = new(proto.ColDateTime64).WithPrecision(proto.PrecisionMicro), new(proto.ColDateTime64).WithPrecision(proto.PrecisionMicro)
		packages                             = new(proto.ColStr).Array()
		packageRows                          proto.ColUInt16
		blocks                               proto.ColUInt64
		org                                  = uuid.MustParse(organization)
		now                                  = events.Microseconds(time.Now())
	)
	for n := range ceilingRows {
		e := lean(n)
		organizations, ids, developers = append(organizations, org), append(ids, uuid.New()), append(developers, uuid.Nil)
		actorKinds, sourceKinds = append(actorKinds, 0), append(sourceKinds, uint8(e.Source.Kind))
		values.Append("")
		machines.Append("")
		sessions.Append(e.SessionID)
		texts.Append(e.Properties)
		names.Append(e.Name)
		tools.Append(e.Source.Tool)
		toolVersions.Append("")
		projects.Append(e.Project)
		occurred.Append(now)
		received.Append(now)
		packages.Append(e.Packages)
		packageRows, blocks = append(packageRows, 1), append(blocks, 1)
	}
	input := proto.Input{
		{Name: "organization_id", Data: &organizations},
		{Name: "name", Data: names},
		{Name: "id", Data: &ids},
		{Name: "developer_id", Data: &developers},
		{Name: "actor_kind", Data: &actorKinds},
		{Name: "actor_value", Data: &values},
		{Name: "occurred_at", Data: occurred},
		{Name: "received_at", Data: received},
		{Name: "source_kind", Data: &sourceKinds},
		{Name: "tool", Data: tools},
		{Name: "tool_version", Data: toolVersions},
		{Name: "machine", Data: &machines},
		{Name: "project", Data: projects},
		{Name: "packages", Data: packages},
		{Name: "package_rows", Data: &packageRows},
		{Name: "session_id", Data: &sessions},
		{Name: "properties", Data: &texts},
		{Name: "block_id", Data: &blocks},
	}
	start, rows := time.Now(), 0
	for time.Since(start) < length {
		for i := range ids { // other ids, or the block is one that was there
			ids[i] = uuid.New()
		}
		require.NoError(b, client.Do(ctx, ch.Query{
			Body: "INSERT INTO ceiling " + input.Columns() + " VALUES", Input: input, Settings: []ch.Setting{ch.SettingInt("async_insert", 0)},
		}))
		rows += ceilingRows
	}
	return float64(rows) / time.Since(start).Seconds()
}

// lean is an event of about 180 bytes.
func lean(n int) events.Event {
	return events.Event{
		Name: "package.added", Packages: []string{"pkg:npm/left-pad@1.3.0"}, Project: "github.com/example/shop", SessionID: "0198c0de-0000-7000",
		Properties: `{"files":3,"lines":17,"manifest":"package.json","scope":"prod"}`, Source: events.Source{Kind: events.SourceGit, Tool: "git"},
	}
}
