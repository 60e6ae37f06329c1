package stack

import (
	"context"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/stack/engines"
)

// A server and a service that were both killed are started again side by side; the race detector is the judge.
func TestAServiceMayAskForTheDatabaseWhileItsServerStarts(t *testing.T) {
	d := &database{name: processPostgres, start: func(context.Context, int, int) (*engines.Server, error) { return new(engines.Server), nil }}
	d.server.Store(&url.URL{Scheme: "postgres", Host: "127.0.0.1:1111"})
	var starts sync.WaitGroup
	starts.Go(func() {
		for range 100 {
			_, err := d.process().Start(t.Context())
			assert.NoError(t, err)
		}
	})
	for range 100 {
		require.NotEmpty(t, d.databaseURL("identity"))
	}
	starts.Wait()
}
