package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Questions is how many questions the stores that are opened for the suite must answer at once.
const Questions = 16

var crowdCases = []testCase{
	{"questions that last leave room for the health and for what is stored", crowded},
}

// patience is how long a caller of Ready waits here: one that had to wait for a question to end would wait for ever.
const patience = 30 * time.Second

// lasting is how long a question may take that is to outlast what is looked at meanwhile.
const lasting = 5 * time.Minute

// limited is a store that ends questions which take too much.
type limited interface {
	Limit(limits events.QueryLimits)
}

// unhurried has questions last, whatever the limits of a store are.
func unhurried(store insight.Engine) {
	if store, ok := store.(limited); ok {
		limits := events.DefaultQueryLimits()
		limits.Time = lasting
		store.Limit(limits)
	}
}

func crowded(t *testing.T, s *subject) {
	unhurried(s.store)
	s.multitude(30)
	require.NoError(t, s.store.Ready(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), lasting)
	defer cancel()
	full, all, enough := make(chan error), make(chan struct{}), errors.New("enough")
	for range Questions {
		go func() {
			full <- s.store.ExposureParts(ctx, s.org, s.exposureQuery("pkg:npm/x", 1), func(part events.ExposurePart) error {
				if len(part.Projects.Rows) == 0 { // the rest of it is asked for while the rows come
					return nil
				}
				full <- nil
				<-all
				return enough
			})
		}()
	}
	for range Questions {
		require.NoError(t, <-full)
	}
	ready, over := context.WithTimeout(t.Context(), patience)
	defer over()
	health := s.store.Ready(ready)
	_, stored := s.store.Append(ctx, s.org, []events.Event{s.event("late")})
	moved := s.store.Reassign(ctx, s.org, []events.Reassignment{{Identity: actor("d1@example.org"), DeveloperID: ID("c"), Sequence: 1}})
	close(all)
	for i := range Questions {
		require.Equal(t, enough, <-full, fmt.Sprint("question ", i))
	}
	require.NoError(t, health)
	require.NoError(t, stored)
	require.NoError(t, moved)
}
