package ingest

import (
	"hash/maphash"
	"slices"
	"sync/atomic"

	"devtrail.dev/kit/purl"
	"devtrail.dev/services/events"
)

// purls remembers the canonical text of package URLs: reading one costs more than all else of an event. It is a table without chains, in which the last one
// stays, so nobody can make it grow. The zero value is ready; it is safe for concurrent use.
type purls struct {
	entries [1 << 14]atomic.Pointer[spelling]
}

// longestPurl bounds what the table holds to 8 MiB.
const longestPurl = 256

// spelling is a text and what it is canonically.
type spelling struct{ text, canonical string }

// purlSeed keeps senders from choosing what falls together.
var purlSeed = maphash.MakeSeed()

// canonical returns the canonical text of a package URL, false when it is none.
func (p *purls) canonical(text []byte) (string, bool) {
	at := &p.entries[maphash.Bytes(purlSeed, text)%uint64(len(p.entries))]
	if s := at.Load(); s != nil && s.text == string(text) {
		return s.canonical, true
	}
	s := spelling{text: string(text)}
	parsed, err := purl.Parse(s.text)
	if err != nil {
		return "", false
	}
	if s.canonical = parsed.String(); s.canonical == s.text {
		s.canonical = s.text // one text for both
	}
	if len(text) <= longestPurl {
		at.Store(&s)
	}
	return s.canonical, true
}

// list returns canonical texts as an event keeps them, in dst, false when one of them is not a package URL or they are too many.
func (p *purls) list(dst []string, raw [][]byte) ([]string, bool) {
	if len(raw) > events.MaxPackages {
		return dst, false
	}
	for _, text := range raw {
		canonical, ok := p.canonical(text)
		if !ok {
			return dst, false
		}
		dst = append(dst, canonical)
	}
	if len(dst) > 1 {
		slices.Sort(dst)
		dst = slices.Compact(dst)
	}
	return dst, true
}
