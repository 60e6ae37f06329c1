package credentials_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/credentials"
	"devtrail.dev/services/identity/internal/postgres"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestUsesAreWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes []postgres.Use
		fail := true
		uses := credentials.NewUses(func(_ context.Context, batch []postgres.Use) error {
			if fail {
				fail = false
				return errors.New("away")
			}
			writes = append(writes, batch...)
			return nil
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- uses.Run(ctx) }()

		key := identity.Credential{ID: identity.NewID(), OrganizationID: identity.NewID()}
		other := identity.Credential{ID: identity.NewID(), OrganizationID: key.OrganizationID}
		start := time.Now().UTC().Truncate(time.Minute)
		// A minute and a half of use, ten times a second; the first write fails and is repeated.
		for time.Since(start) < 90*time.Second {
			uses.Note(key, time.Now())
			<-time.After(100 * time.Millisecond)
		}
		uses.Note(other, time.Now())
		cancel()
		require.NoError(t, <-ended)

		require.Equal(t, []postgres.Use{
			{OrganizationID: key.OrganizationID, ID: key.ID, At: start},
			{OrganizationID: key.OrganizationID, ID: key.ID, At: start.Add(time.Minute)},
			{OrganizationID: key.OrganizationID, ID: other.ID, At: start.Add(time.Minute)},
		}, writes)
	})
}
