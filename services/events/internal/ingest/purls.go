package ingest

import (
	"hash/maphash"
	"slices"
	"sync/atomic"

	"devtrail.dev/kit/purl"
	"devtrail.dev/services/events"
)

// purls remembers the canonical text of package URLs: reading one costs more than all else of an event. It is a table in which a text may stand in few places,
// and the last one stays, so nobody can make it grow. The zero value is ready; it is safe for concurrent use.
type purls struct {
	sets [1 << 12]purlSet
}

// purlSet is where texts may stand whose hashes fall together. With one place for each, of two that are met in turns both would be read each time: of a
// thousand texts in a table for sixteen thousand one in seventeen falls together with another.
type purlSet [4]atomic.Pointer[spelling]

// longestPurl bounds what the table holds to 8 MiB.
const longestPurl = 256

// spelling is a text and what it is canonically.
type spelling struct{ text, canonical string }

// find returns the spelling of a text, or nil and where to put it: into a place that is free, or, by chance, into that of another.
func (s *purlSet) find(text []byte, chance uint64) (found *spelling, at *atomic.Pointer[spelling]) {
	at = &s[chance%uint64(len(s))]
	for i := range s {
		switch known := s[i].Load(); {
		case known == nil:
			return nil, &s[i]
		case known.text == string(text):
			return known, nil
		}
	}
	return nil, at
}

// purlSeed keeps senders from choosing what falls together.
var purlSeed = maphash.MakeSeed()

func hashOfPurl(text []byte) uint64 { return maphash.Bytes(purlSeed, text) }

// canonical returns the canonical text of a package URL, false when it is none.
func (p *purls) canonical(text []byte) (string, bool) {
	hash := hashOfPurl(text)
	known, at := p.sets[hash%uint64(len(p.sets))].find(text, hash>>32)
	if known != nil {
		return known.canonical, true
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
