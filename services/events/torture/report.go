package torture

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// Report is what a run has found.
type Report struct {
	Config Config
	Took   time.Duration // until the last client had its last answer
	Pause  time.Duration // the longest time in which no client was told that its events are in the database
	Faults map[Kind]int

	Sent, Acked, Unacked int // events; unacked are those whose client has given up, which none should
	Repeated             int // events that clients sent again although they were acknowledged
	Refused              int // answers that said to come again
	Tails, Torn          int // tails of the log that were torn, and the bytes of them that had been written

	Stored    int // rows of events
	Lost      int // events that were acknowledged and are not there
	Duplicate int // rows too many
	NeverSent int // rows that nobody sent
	Changed   int // rows that are not as they were sent

	PackageRows, PackagesLost, PackagesDuplicate, PackagesNeverSent int // rows of event_packages, held against the rows of events

	Aggregates  int      // numbers that were compared
	Differences []string // those of them that differ
}

// Err says what is wrong with what was found.
func (r Report) Err() error {
	var errs []error
	for what, n := range map[string]int{
		"events are lost": r.Lost, "rows are duplicates": r.Duplicate, "rows were never sent": r.NeverSent, "rows are not as they were sent": r.Changed,
		"events were not acknowledged": r.Unacked, "rows of packages are lost": r.PackagesLost, "rows of packages are duplicates": r.PackagesDuplicate,
		"rows of packages follow from no event": r.PackagesNeverSent,
	} {
		if n != 0 {
			errs = append(errs, fmt.Errorf("%d %s", n, what))
		}
	}
	if len(r.Differences) > 0 {
		errs = append(errs, fmt.Errorf("%d of %d aggregates differ, the first: %s", len(r.Differences), r.Aggregates, r.Differences[0]))
	}
	return errors.Join(errs...)
}

// Print writes the report as a table.
func (r Report) Print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	total := 0
	for _, k := range slices.Sorted(maps.Keys(r.Faults)) {
		total += r.Faults[k]
		_, _ = fmt.Fprintf(w, "%s\t%d\n", k, r.Faults[k])
	}
	for _, line := range []struct {
		what string
		n    any
	}{
		{"faults", total},
		{"torn bytes that had been written", r.Torn},
		{"took", r.Took.Round(time.Second)},
		{"longest time without an event stored", r.Pause.Round(100 * time.Millisecond)},
		{"events sent", r.Sent},
		{"events acknowledged", r.Acked},
		{"events sent again after that", r.Repeated},
		{"answers that said to come again", r.Refused},
		{"rows of events", r.Stored},
		{"lost", r.Lost},
		{"duplicate", r.Duplicate},
		{"never sent", r.NeverSent},
		{"not as sent", r.Changed},
		{"rows of packages", r.PackageRows},
		{"rows of packages lost", r.PackagesLost},
		{"rows of packages duplicate", r.PackagesDuplicate},
		{"rows of packages that follow from nothing", r.PackagesNeverSent},
		{"aggregates compared", r.Aggregates},
		{"aggregates that differ", len(r.Differences)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%v\n", line.what, line.n)
	}
	return w.Flush()
}
