package columns

import (
	"cmp"
	"slices"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// purls knows the rows of lists of packages, since few lists make most events, and numbers what is in them. Each block begins with forget.
type purls struct {
	lists  listColumn         // of the events of a block, some of them more than once; the first is empty
	block  uint64             // counts them
	single map[string]*single // of events with one package
	recent recent[*single]
	rows   []placed // of the last event with several

	numbers map[events.PackageVersion]uint32
	known   []events.PackageVersion // by number
	ranks   []uint32                // by number, see rank
}

// single is the rows of one package, by a text of its own.
type single struct {
	text  string
	rows  []placed
	block uint64 // in which it was met last
	list  uint32 // its list there
}

// placed is a row of event_packages: the number of its package and version, and its column leading_row.
type placed struct{ number, leading uint32 }

// mostPurls bounds how many are known from one block to the next.
const mostPurls = 1 << 15

// forget begins another block. What is numbered holds until then.
func (p *purls) forget() {
	if len(p.known) >= mostPurls || len(p.single) >= mostPurls {
		*p = purls{block: p.block, lists: p.lists}
	}
	p.block++
	p.lists.reset()
	p.lists.add(nil)
}

// of returns the rows of an event, valid until the next call, and the number of its list.
func (p *purls) of(r *queue.Row) (rows []placed, list uint32) {
	switch len(r.Packages) {
	case 0:
		return nil, 0
	case 1:
		met := p.recent.at(r.Packages[0])
		if !met.is(r.Packages[0]) {
			one := p.one(r.Packages[0])
			met.set(one.text, one)
		}
		one := met.value
		if one.block != p.block {
			one.block, one.list = p.block, p.lists.add(r.Packages)
		}
		return one.rows, one.list
	default:
		p.rows = p.appendRows(p.rows[:0], slices.Clone(r.Packages))
		return p.rows, p.lists.add(r.Packages)
	}
}

func (p *purls) one(purl string) *single {
	if one, known := p.single[purl]; known {
		return one
	}
	if p.single == nil {
		p.single = make(map[string]*single)
	}
	text := string([]byte(purl)) // the frame's memory goes
	one := &single{rows: p.appendRows(nil, []string{text}), text: text}
	p.single[text] = one
	return one
}

func (p *purls) appendRows(rows []placed, packages []string) []placed {
	for _, row := range (&events.Event{Packages: packages}).PackageRows() {
		number, known := p.numbers[row.PackageVersion]
		if !known {
			if p.numbers == nil {
				p.numbers = make(map[events.PackageVersion]uint32)
			}
			number = uint32(len(p.known))
			own := events.PackageVersion{Package: string([]byte(row.Package)), Version: string([]byte(row.Version))}
			p.numbers[own] = number
			p.known = append(p.known, own)
		}
		one := placed{number: number}
		if row.Leading {
			one.leading = 1
		}
		rows = append(rows, one)
	}
	return rows
}

// rank returns the place of each number in the order of packages and versions, and the numbers in this order, of those that some mentions have.
func (p *purls) rank(mentions []mention) (ranks, numbers []uint32) {
	p.ranks = append(p.ranks[:0], make([]uint32, len(p.known))...)
	for i := range mentions {
		if met := &p.ranks[mentions[i].number]; *met == 0 {
			*met = 1
			numbers = append(numbers, mentions[i].number)
		}
	}
	slices.SortFunc(numbers, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(p.known[a].Package, p.known[b].Package), cmp.Compare(p.known[a].Version, p.known[b].Version))
	})
	for rank, number := range numbers {
		p.ranks[number] = uint32(rank)
	}
	return p.ranks, numbers
}
