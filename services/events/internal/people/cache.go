package people

import (
	"strings"
	"sync"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// cacheSize is how many entries a generation of a cache holds; two generations are kept.
const cacheSize = 50_000

// key is an identity within its organization.
type key struct {
	organization uuid.UUID
	identity     events.Identity
}

// cache forgets what was not asked for longest: when the young generation is full it becomes the old one, and the old one goes.
type cache[V any] struct {
	mu         sync.Mutex
	young, old map[key]V
}

func (c *cache[V]) get(k key) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[k]; ok {
		return v, true
	}
	v, ok := c.old[k]
	if ok {
		c.put(k, v)
	}
	return v, ok
}

// look is get by a key whose text is somebody else's memory.
func (c *cache[V]) look(k key) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[k]; ok {
		return v, true
	}
	v, ok := c.old[k]
	if ok {
		k.identity.Value = strings.Clone(k.identity.Value)
		c.put(k, v)
	}
	return v, ok
}

func (c *cache[V]) set(k key, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(k, v)
}

// update changes an entry that is there and adds none.
func (c *cache[V]) update(k key, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, young := c.young[k]
	if _, old := c.old[k]; young || old {
		c.put(k, v)
	}
}

// clear forgets everything.
func (c *cache[V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old = nil, nil
}

func (c *cache[V]) put(k key, v V) {
	if c.young == nil || len(c.young) >= cacheSize {
		c.young, c.old = make(map[key]V), c.young
	}
	c.young[k] = v
}
