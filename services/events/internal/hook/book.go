package hook

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at for changes.
const lookEvery = time.Second

// book is the hooks of a file, as it was when it was last good.
type book struct {
	file string
	now  func() time.Time

	mu     sync.Mutex
	hooks  map[string]Hook
	files  []string // of secrets
	stamp  string   // what the files looked like when they were last read
	looked time.Time
}

func openBook(file string, now func() time.Time) (*book, error) {
	b := &book{file: file, now: now, looked: now()}
	var err error
	if b.hooks, b.files, err = load(file); err != nil {
		return nil, err
	}
	b.stamp = stampOf(append([]string{file}, b.files...))
	return b, nil
}

// refresh reads the file again when it or one of its secrets has changed. The error says that it is not taken; it is told once a change.
func (b *book) refresh() (changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if age := now.Sub(b.looked); age >= 0 && age < lookEvery {
		return false, nil
	}
	b.looked = now
	stamp := stampOf(append([]string{b.file}, b.files...))
	if stamp == b.stamp {
		return false, nil
	}
	hooks, files, err := load(b.file)
	if err != nil {
		if len(files) > 0 { // a secret that was missing may come
			b.files, stamp = files, stampOf(append([]string{b.file}, files...))
		}
		b.stamp = stamp
		return false, err
	}
	b.hooks, b.files = hooks, files
	b.stamp = stampOf(append([]string{b.file}, b.files...))
	return true, nil
}

func (b *book) find(provider, id string) (Hook, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.hooks[id]
	return h, ok && h.Provider == provider
}

func (b *book) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.hooks)
}

// stampOf tells states of files apart.
func stampOf(files []string) string {
	var s strings.Builder
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			fmt.Fprintf(&s, "%s absent\n", file)
			continue
		}
		fmt.Fprintf(&s, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
	}
	return s.String()
}
