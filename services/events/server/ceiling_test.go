package server

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// ceilingConnections is how many connections keep two cores busy.
const ceilingConnections = 2

// fastest returns how many rows the blocks have that a bare client inserts fastest. Large blocks cost the server less for a row, where memory is cheap.
func fastest(b *testing.B, r *rig, k kind, length time.Duration) (size int) {
	b.Helper()
	most := 0.0
	for _, n := range k.blocks {
		r.settle(b)
		if rate, _ := ceiling(b, r, k, n, length, false); rate > most {
			most, size = rate, n
		}
	}
	return size
}

// ceilingTables makes tables like those of the events, with their index and projections, for a bare client. They are kept from one round to the next as those
// of the service are: a server merges what is new into what is there, so whoever begins with empty tables has less to do for an event. Nothing is dropped
// before the end either: where a file system does not give the number of a deleted file away for minutes, as ext4, thousands of them are in the way of new files.
func ceilingTables(b *testing.B, r *rig) {
	b.Helper()
	control := database(b, r.server)
	defer func() { require.NoError(b, control.Close()) }()
	for _, table := range []string{"events", "event_packages"} {
		require.NoError(b, control.Do(b.Context(), ch.Query{Body: "CREATE TABLE ceiling_" + table + " AS " + table}))
	}
}

// ceiling inserts events of a kind as fast as a client can, with columns that were made before and nothing compressed, into the first of those tables, in
// blocks of so many rows; both of them also into the other, as the service must. It returns events a second, and the client's CPU for an event, in microseconds.
func ceiling(b *testing.B, r *rig, k kind, size int, length time.Duration, both bool) (rate, micros float64) {
	b.Helper()
	ctx := context.WithoutCancel(b.Context())
	var rows atomic.Int64
	var working sync.WaitGroup
	blocks := make([]*ceilingBlock, ceilingConnections)
	for i := range blocks {
		blocks[i] = newCeilingBlock(k, size)
	}
	own, start := cpuOf(b, os.Getpid()), time.Now()
	for _, block := range blocks {
		working.Go(func() {
			client := database(b, r.server)
			defer func() { _ = client.Close() }()
			for time.Since(start) < length {
				block.renew()
				for _, in := range block.inputs(both) {
					err := client.Do(ctx, ch.Query{
						Body: "INSERT INTO ceiling_" + in.table + " " + in.columns.Columns() + " VALUES", Input: in.columns, Settings: []ch.Setting{ch.SettingInt("async_insert", 0)},
					})
					if err != nil {
						b.Errorf("ceiling: %v", err)
						return
					}
				}
				rows.Add(int64(size))
			}
		})
	}
	working.Wait()
	n := float64(rows.Load())
	return n / time.Since(start).Seconds(), float64((cpuOf(b, os.Getpid()) - own).Microseconds()) / n
}

// ceilingBlock is the columns of a block.
type ceilingBlock struct {
	random *rand.ChaCha8

	organizations, ids, developers                  proto.ColUUID
	actorKinds, sourceKinds                         proto.ColUInt8
	actors, machines, sessions, texts, names2, vers proto.ColStr
	names, tools, toolVersions, projects            *proto.ColLowCardinality[string]
	occurred, received                              *proto.ColDateTime64
	packages                                        *proto.ColArr[string]
	packageRows                                     proto.ColUInt16
	leading                                         proto.ColBool
	blocks                                          proto.ColUInt64
}

func newCeilingBlock(k kind, size int) *ceilingBlock {
	c := &ceilingBlock{
		random: rand.NewChaCha8([32]byte(append(uuidBytes(), uuidBytes()...))),
		names:  new(proto.ColStr).LowCardinality(), tools: new(proto.ColStr).LowCardinality(),
		toolVersions: new(proto.ColStr).LowCardinality(), projects: new(proto.ColStr).LowCardinality(), packages: new(proto.ColStr).Array(),
		occurred: new(proto.ColDateTime64).WithPrecision(proto.PrecisionMicro), received: new(proto.ColDateTime64).WithPrecision(proto.PrecisionMicro),
	}
	org := uuid.MustParse(organization)
	for n := range size {
		e := k.sample(n)
		c.organizations, c.ids = append(c.organizations, org), append(c.ids, uuid.Nil)
		c.developers = append(c.developers, uuid.NewSHA1(uuid.Nil, []byte(e.GetActor().GetValue())))
		c.actorKinds, c.sourceKinds = append(c.actorKinds, uint8(e.GetActor().GetKind())), append(c.sourceKinds, uint8(e.GetSource().GetKind()))
		c.actors.Append(e.GetActor().GetValue())
		c.machines.Append("")
		c.sessions.Append(e.GetSessionId())
		c.texts.Append(e.GetPropertiesJson())
		c.names.Append(e.GetName())
		c.tools.Append(e.GetSource().GetTool())
		c.toolVersions.Append("")
		c.projects.Append(e.GetProject())
		c.occurred.Append(time.Time{})
		c.received.Append(time.Time{})
		c.packages.Append(e.GetPackages())
		row := (&events.Event{Packages: e.GetPackages()}).PackageRows()[0]
		c.names2.Append(row.Package)
		c.vers.Append(row.Version)
		c.leading = append(c.leading, row.Leading)
		c.packageRows, c.blocks = append(c.packageRows, 1), append(c.blocks, 0)
	}
	return c
}

// renew makes it another block: one that was there would be left out.
func (c *ceilingBlock) renew() {
	now := time.Now()
	number, at := uint64(now.UnixMicro())<<12|c.random.Uint64()>>52, proto.ToDateTime64(now, proto.PrecisionMicro)
	for i := range c.ids {
		_, _ = c.random.Read(c.ids[i][:])
		c.blocks[i], c.occurred.Data[i], c.received.Data[i] = number, at, at
	}
}

// ceilingInput is what goes into a table.
type ceilingInput struct {
	table   string
	columns proto.Input
}

func (c *ceilingBlock) inputs(both bool) []ceilingInput {
	list := []ceilingInput{{"events", proto.Input{
		{Name: "organization_id", Data: &c.organizations},
		{Name: "name", Data: c.names},
		{Name: "id", Data: &c.ids},
		{Name: "developer_id", Data: &c.developers},
		{Name: "actor_kind", Data: &c.actorKinds},
		{Name: "actor_value", Data: &c.actors},
		{Name: "occurred_at", Data: c.occurred},
		{Name: "received_at", Data: c.received},
		{Name: "source_kind", Data: &c.sourceKinds},
		{Name: "tool", Data: c.tools},
		{Name: "tool_version", Data: c.toolVersions},
		{Name: "machine", Data: &c.machines},
		{Name: "project", Data: c.projects},
		{Name: "packages", Data: c.packages},
		{Name: "package_rows", Data: &c.packageRows},
		{Name: "session_id", Data: &c.sessions},
		{Name: "properties", Data: &c.texts},
		{Name: "block_id", Data: &c.blocks},
	}}}
	if !both {
		return list
	}
	return append(list, ceilingInput{"event_packages", proto.Input{
		{Name: "organization_id", Data: &c.organizations},
		{Name: "package", Data: &c.names2},
		{Name: "version", Data: &c.vers},
		{Name: "leading_row", Data: &c.leading},
		{Name: "event_id", Data: &c.ids},
		{Name: "developer_id", Data: &c.developers},
		{Name: "actor_kind", Data: &c.actorKinds},
		{Name: "actor_value", Data: &c.actors},
		{Name: "occurred_at", Data: c.occurred},
		{Name: "source_kind", Data: &c.sourceKinds},
		{Name: "tool", Data: c.tools},
		{Name: "machine", Data: &c.machines},
		{Name: "project", Data: c.projects},
		{Name: "block_id", Data: &c.blocks},
	}})
}
