package clickhouse

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestAnInstanceThatSettlesEndsNoRowsThatAreWrittenOnce has one instance settle, which ends the inserts of blocks, while another writes what nobody would write
// again: rules and items.
func TestAnInstanceThatSettlesEndsNoRowsThatAreWrittenOnce(t *testing.T) {
	t.Parallel()
	const revisions = 60
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	settling, writing := reopen(t, address), reopen(t, address)
	written, settled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(settled)
		for {
			settling.Doubt()
			if err := settling.Ready(t.Context()); !assert.NoError(t, err) {
				return
			}
			select {
			case <-written:
				return
			default:
			}
		}
	}()
	defer func() { <-settled }()
	defer close(written)
	key := uuid.New()
	for revision := range int64(revisions) {
		rules := events.Privacy{Key: key[:], Organization: org, Revision: revision + 1, Rules: []events.PrivacyRule{{Action: events.PrivacyHash, Property: "p"}}}
		require.NoError(t, writing.SetPrivacyRules(t.Context(), revision, rules))
		item := catalog.Item{Kind: catalog.Action, ID: org, Revision: revision + 1, CreatedAt: noon, UpdatedAt: noon}
		require.NoError(t, writing.PutItem(t.Context(), org, item))
	}
}
