package leaktest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { Main(m) }

// left starts a goroutine that ends when it is released.
func left(t *testing.T) (release func()) {
	t.Helper()
	end := make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release)
	go func() { <-end }()
	return release
}

func TestAGoroutineThatDoesNotEndIsALeak(t *testing.T) {
	release := left(t)
	require.ErrorContains(t, find(time.Millisecond), "leaktest.left")
	release()
	require.NoError(t, Find())
}

// A second is more than goleak alone would wait.
func TestAGoroutineThatEndsLateIsNone(t *testing.T) {
	time.AfterFunc(time.Second, left(t))
	require.NoError(t, Find())
}
