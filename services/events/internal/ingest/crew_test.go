package ingest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACrewDoesEverythingOnceAndEnds(t *testing.T) {
	t.Parallel()
	var c crew
	require.False(t, c.lend(func() { t.Error("nobody is engaged") }))
	c.begin()
	c.left = 2
	var done sync.WaitGroup
	hold := make(chan struct{})
	for range 2 {
		done.Add(1)
		require.True(t, c.lend(func() { defer done.Done(); <-hold }))
	}
	require.False(t, c.lend(func() { t.Error("everybody has something to do") }))
	close(hold)
	done.Wait()
	calls := make(chan int, 100)
	for sent := 0; sent < cap(calls); { // one is lent again as soon as it is free
		if c.lend(func() { calls <- 1 }) {
			sent++
		}
	}
	c.end()
	require.Len(t, calls, cap(calls))
	require.False(t, c.lend(func() { t.Error("it has ended") }))
	require.Empty(t, c.idle)
}
