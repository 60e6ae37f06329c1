package main

import (
	"fmt"
	"slices"
	"strings"
)

// score counts the outcomes of one linter over some statements.
type score struct{ right, wrong, missed int }

func (s *score) add(flagged, should bool) {
	switch {
	case flagged && should:
		s.right++
	case flagged:
		s.wrong++
	case should:
		s.missed++
	}
}

// String returns precision and recall; "-" when nothing was flagged, or was to be flagged.
func (s *score) String() string {
	return fmt.Sprintf("%6s %6s", ratio(s.right, s.wrong), ratio(s.right, s.missed))
}

func ratio(good, bad int) string {
	if good+bad == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(good)/float64(good+bad))
}

// row is one line of the table: what is counted, and the three linters' scores.
type row struct {
	name               string
	count              int
	alone, setup, ours score
	counts             func(statement) bool
}

// table prints precision and recall side by side: by rule that the peer has, then in total.
func table(list []statement, alone, setup, ours []bool) string {
	var names []string
	for _, s := range list {
		if s.PeerHasRule && !slices.Contains(names, s.Rule) {
			names = append(names, s.Rule)
		}
	}
	slices.Sort(names)
	var rows []row
	for _, n := range names {
		rows = append(rows, row{name: n, counts: func(s statement) bool { return s.Rule == n }})
	}
	own := func(s statement) bool { return strings.HasPrefix(s.Source, "squawk") }
	rows = append(rows,
		row{name: "rules that squawk has", counts: func(s statement) bool { return s.PeerHasRule }},
		row{name: "  of them from squawk's own tests", counts: func(s statement) bool { return s.PeerHasRule && own(s) }},
		row{name: "  of them from others", counts: func(s statement) bool { return s.PeerHasRule && !own(s) }},
		row{name: "with a schema before the file", counts: func(s statement) bool { return s.Setup != "" }},
		row{name: "all rules", counts: func(statement) bool { return true }},
	)
	var b strings.Builder
	fmt.Fprintf(&b, "%-50s %5s  %13s  %13s  %13s\n%-50s %5s  %13s  %13s  %13s\n", "", "", "squawk "+peerVersion, "with schema", "ours",
		"rule", "lines", "prec. recall", "prec. recall", "prec. recall")
	for _, r := range rows {
		for i, s := range list {
			if r.counts(s) {
				r.count++
				r.alone.add(alone[i], s.ShouldFlag)
				r.setup.add(setup[i], s.ShouldFlag)
				r.ours.add(ours[i], s.ShouldFlag)
			}
		}
		fmt.Fprintf(&b, "%-50s %5d  %s  %s  %s\n", r.name, r.count, &r.alone, &r.setup, &r.ours)
	}
	return b.String()
}
