package torture

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// organizations are those that events belong to, in turns of organizationSpan numbers.
var organizations = [...]uuid.UUID{
	uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001"),
	uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002"),
}

const organizationSpan = 4096

// What events are made of.
var (
	names    = [...]string{"torture.alpha", "torture.beta", "torture.gamma", "torture.delta"}
	projects = [...]string{"github.com/acme/api", "github.com/acme/web", "github.com/acme/cli"}
	tools    = [...]string{"rack", "wheel"}
)

// The years that old events happen in, each a partition of the tables, so that a block has parts in all of them.
const (
	firstYear = 2019
	years     = 4
)

// world makes events of numbers. Old ones, which the service must look up in the database, and ones of the last hour, of which its log is certain, come in
// turns of phase numbers.
type world struct {
	began time.Time // of the run
}

const phase = 2 * organizationSpan

// end is after all events.
func (w world) end() time.Time { return w.began.AddDate(1, 0, 0) }

func (w world) occurred(n int, h uint64) time.Time {
	micros := time.Duration(h>>20%1000) * time.Microsecond
	if n/phase%2 == 0 {
		return time.Date(firstYear+int(h>>8%years), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h>>24%31_000_000)*time.Second + micros)
	}
	return w.began.Add(time.Duration(h>>24%2700)*time.Second + micros - 50*time.Minute)
}

const packageCount = 8

// sample is an event, which follows from its number alone.
type sample struct {
	number       int
	organization uuid.UUID
	id           uuid.UUID
	name         string
	occurred     time.Time
	project      string
	tool         string
	packages     []version // in the order of the table's rows
}

// version is a version of one of the packages.
type version struct {
	pkg, number int
}

func (v version) name() string { return fmt.Sprintf("pkg:npm/torture-%d", v.pkg) }
func (v version) text() string { return fmt.Sprintf("%d.0.0", v.number) }

// sample makes the event of a number.
func (w world) sample(n int) sample {
	h := mix(uint64(n))
	s := sample{
		number: n, organization: organizations[n/organizationSpan%len(organizations)], id: idOf(n), name: names[h%4], project: projects[h>>2%3],
		tool:     tools[h>>5%2],
		occurred: w.occurred(n, h),
	}
	p, v := int(h>>10%packageCount), int(h>>14%4)
	switch h >> 17 % 4 {
	case 0: // none
	case 1:
		s.packages = []version{{p, v}}
	case 2: // two versions of one package count once where no version is asked for
		s.packages = []version{{p, v}, {p, v + 1}}
	default:
		s.packages = []version{{p, v}, {(p + 1) % packageCount, v}}
		slices.SortFunc(s.packages, func(a, b version) int { return a.pkg - b.pkg })
	}
	return s
}

// idOf hides a number in a UUID.
func idOf(n int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], mix(uint64(n)+1<<40))
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// numberOf finds the number again; false means that we did not make the id.
func numberOf(id uuid.UUID) (int, bool) {
	n := int(binary.BigEndian.Uint64(id[8:]) &^ (0xff << 56))
	return n, idOf(n) == id
}

// mix scatters a number (splitmix64, Steele and others 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// properties is what the event carries: its number survives when its id is changed.
func (s sample) properties() string { return fmt.Sprintf(`{"n":%d}`, s.number) }

func (s sample) toProto() *eventsv1.Event {
	e := &eventsv1.Event{
		Id: s.id.String(), Name: s.name, OccurredAt: timestamppb.New(s.occurred), Project: s.project, PropertiesJson: s.properties(),
		Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK, Tool: s.tool},
	}
	for _, v := range s.packages {
		e.Packages = append(e.Packages, v.name()+"@"+v.text())
	}
	return e
}
