package auth

import (
	"sync"
	"time"
)

// maxEntries bounds the cache; an entry is under 300 bytes.
const maxEntries = 20_000

// entry is one answer of the identity service.
type entry struct {
	active bool
	caller Caller
	until  time.Time // believed before this moment
}

// ended tells whether the token has ended.
func (e entry) ended(now time.Time) bool {
	return !e.caller.ExpiresAt.IsZero() && !now.Before(e.caller.ExpiresAt)
}

func (e entry) answer() (Caller, error) {
	if !e.active {
		return Caller{}, ErrInvalid
	}
	return e.caller, nil
}

// cache holds answers until they are too old. Age counts from the write: an entry that is read often ends like
// any other, so that a busy key cannot outlive its revocation.
type cache struct {
	mu      sync.Mutex
	max     int
	entries map[[32]byte]entry
}

func newCache(limit int) *cache {
	return &cache{max: limit, entries: make(map[[32]byte]entry)}
}

func (c *cache) get(key [32]byte, now time.Time) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return entry{}, false
	}
	if !now.Before(e.until) || e.ended(now) {
		delete(c.entries, key)
		return entry{}, false
	}
	return e, true
}

// put makes room when the cache is full: by dropping what is too old, and when that is not enough, entries as
// the map gives them. An attacker with many well-formed tokens can so push out good entries, which costs a
// question to identity and nothing else.
func (c *cache) put(key [32]byte, e entry, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; !ok && len(c.entries) >= c.max {
		c.evict(now)
	}
	c.entries[key] = e
}

func (c *cache) evict(now time.Time) {
	for k, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, k)
		}
	}
	// A tenth at once, so that a full cache is not swept at every put.
	room := c.max - max(1, c.max/10)
	for k := range c.entries {
		if len(c.entries) <= room {
			return
		}
		delete(c.entries, k)
	}
}
