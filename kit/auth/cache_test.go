package auth

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestCacheIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	c := newCache(100)
	key := func(i int) (k [32]byte) { binary.BigEndian.PutUint64(k[:], uint64(i)); return k }
	for i := range 1000 {
		c.put(key(i), entry{active: true, until: now.Add(time.Second)}, now)
		assert.LessOrEqual(t, len(c.entries), 100)
		_, ok := c.get(key(i), now)
		assert.True(t, ok, "the newest stays")
	}
	// What is too old goes first.
	old := newCache(100)
	for i := range 99 {
		old.put(key(i), entry{until: now.Add(time.Second)}, now)
	}
	old.put(key(1000), entry{until: now.Add(time.Minute)}, now)
	old.put(key(1001), entry{until: now.Add(time.Minute)}, now.Add(2*time.Second))
	assert.Len(t, old.entries, 2)
	_, ok := old.get(key(1000), now.Add(2*time.Second))
	assert.True(t, ok)
	_, ok = old.get(key(1000), now.Add(time.Minute))
	assert.False(t, ok)
	assert.Len(t, old.entries, 1, "a read drops what is too old")
}
