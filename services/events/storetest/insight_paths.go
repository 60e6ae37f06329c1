package storetest

import (
	"fmt"
	"regexp"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
)

var pathCases = []insightCase{
	{"paths: neighbours with one item are one, the last keeps its time", pathExample},
	{"paths: a silence longer than the gap splits, one as long does not", pathGap},
	{"paths: the first source that matches names the item; no value, no item", pathSources},
	{"paths: cleaning, grouping, leaving out, in this order", pathShapes},
	{"paths: between a start and an end", pathEnds},
	{"paths: weights and limits; equal times make a way of no time", pathWeights},
	{"paths: the mean of what took centuries together", pathCenturies},
}

func (s *story) paths(r insight.PathsRequest) []string {
	s.t.Helper()
	edges, err := s.engine.Paths(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for _, e := range edges {
		lines = append(lines, fmt.Sprintf("%d %s > %s: %d %s", e.Step, e.Source, e.Target, e.Weight, e.Mean))
	}
	return lines
}

func viewed(who, path, when string) string {
	return who + " page.viewed " + when + ` {"path":"` + path + `"}`
}

var byPath = []insight.PathSource{{Name: "page.viewed", Property: "path"}}

func pathExample(s *story) {
	s.tell(viewed("ada", "/1", "01 03:21:34.0"), viewed("ada", "/1", "01 03:21:54.0"), viewed("ada", "/2", "01 03:22:34.0"), viewed("ada", "/2/", "01 03:22:54.0"), viewed("ada", "/3", "01 03:24:54.0"),
		viewed("bo", "/1", "01 03:21:34.0"), viewed("bo", "/2/", "01 03:23:34.0"), viewed("bo", "/3", "01 03:27:34.0"), viewed("nobody", "/1", "01 03:21:34.0"), viewed("nobody", "/3", "01 03:22:34.0"))
	s.says(s.paths(insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{Sources: byPath}}), "1 /1 > /2: 2 1m30s", "2 /2 > /3: 2 3m0s")
}

func pathGap(s *story) {
	s.tell(viewed("ada", "/1", "01 10:00"), viewed("ada", "/2", "01 10:30"), viewed("ada", "/3", "01 11:00:00.000001"), viewed("ada", "/4", "01 11:10"))
	r := insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{Sources: byPath}}
	s.says(s.paths(r), "1 /1 > /2: 1 30m0s", "1 /3 > /4: 1 9m59.999999s")
	r.Ways.Gap = 31 * time.Minute
	s.says(s.paths(r), "1 /1 > /2: 1 30m0s", "2 /2 > /3: 1 30m0.000001s", "3 /3 > /4: 1 9m59.999999s")
	r.Ways.StepLimit = 2
	s.says(s.paths(r), "1 /1 > /2: 1 30m0s")
}

func pathSources(s *story) {
	s.tell("ada a 01 10:00", `ada $hidden 01 10:01`, `ada page.viewed 01 10:02 {"path":7}`, `ada page.viewed 01 10:03 {"path":null}`, `ada b 01 10:04`, `ada page.viewed 01 10:05 {"path":{"b":1,"a":2}}`)
	custom := insight.PathSource{}
	r := insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{Sources: append(byPath, custom)}}
	s.says(s.paths(r), "1 a > 7: 1 2m0s", "2 7 > b: 1 2m0s", `3 b > {"a":2,"b":1}: 1 1m0s`)
	r.Ways.Sources = []insight.PathSource{custom}
	s.says(s.paths(r), "1 a > page.viewed: 1 3m0s", "2 page.viewed > b: 1 1m0s", "3 b > page.viewed: 1 1m0s")
	r.Ways.Sources = []insight.PathSource{{Name: "$hidden"}, {Name: "b"}}
	s.says(s.paths(r), "1 $hidden > b: 1 3m0s")
	r.Ways.Sources = byPath
	s.says(s.paths(r), `1 7 > {"a":2,"b":1}: 1 3m0s`)
}

func pathShapes(s *story) {
	s.tell(viewed("ada", "/", "01 10:00"), viewed("ada", "/a/?x=1", "01 10:01"), viewed("ada", "/item/1/", "01 10:02"), viewed("ada", "/item/2", "01 10:03"), viewed("ada", "/bye", "01 10:04"), viewed("ada", "/item/3", "01 10:05"))
	r := insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{
		Sources: byPath, Cleaning: []insight.Cleaning{{Pattern: regexp.MustCompile(`\?(.*)`), Alias: "?$1"}}, Groupings: []string{"/item/*", "/*m/1"}, Exclude: []string{"/bye", "/item/2"},
	}}
	s.says(s.paths(r), "1 / > /a/?$1: 1 1m0s", "2 /a/?$1 > /item/*: 1 4m0s")
	r.Ways.Groupings, r.Ways.Exclude = []string{"/it*/2"}, nil
	s.says(s.paths(r), "1 / > /a/?$1: 1 1m0s", "2 /a/?$1 > /item/1: 1 1m0s", "3 /item/1 > /it*/2: 1 1m0s", "4 /it*/2 > /bye: 1 1m0s")
}

func pathEnds(s *story) {
	for i, path := range []string{"/1", "/5", "/2", "/5", "/about", "/5", "/about"} {
		s.tell(viewed("ada", path, fmt.Sprintf("01 10:%02d", i)))
	}
	r := insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{Sources: byPath, Start: "/5", End: "/about"}}
	s.says(s.paths(r), "1 /5 > /2: 1 1m0s", "2 /2 > /5: 1 1m0s", "3 /5 > /about: 1 1m0s")
	r.Ways.StepLimit = 2 // the last steps before the end
	s.says(s.paths(r), "1 /5 > /about: 1 1m0s")
	r.Ways.Start = ""
	s.says(s.paths(r), "1 /5 > /about: 1 1m0s")
	r.Ways.End = "/nowhere"
	s.says(s.paths(r))
}

func pathWeights(s *story) {
	for _, who := range []string{"ada", "bo", "cy"} {
		s.tell(viewed(who, "/1", "01 10:00"), viewed(who, "/2", "01 10:00"))
	}
	s.tell(viewed("ada", "/3", "01 10:00"), viewed("bo", "/4", "01 10:01"), viewed("cy", "/4", "01 10:02"))
	r := insight.PathsRequest{Period: during("01", "01"), Ways: insight.PathsQuery{Sources: byPath}}
	s.says(s.paths(r), "1 /1 > /2: 3 0s", "2 /2 > /4: 2 1m30s", "2 /2 > /3: 1 0s")
	r.Ways.MinWeight = 2
	s.says(s.paths(r), "1 /1 > /2: 3 0s", "2 /2 > /4: 2 1m30s")
	r.Ways.MaxWeight = 2
	s.says(s.paths(r), "2 /2 > /4: 2 1m30s")
	r.Ways.MinWeight, r.Ways.MaxWeight, r.Ways.EdgeLimit = 0, 0, 1
	s.says(s.paths(r), "1 /1 > /2: 3 0s")
}

// pathCenturies has a way that took more than 292 years together, which is where nanoseconds end.
func pathCenturies(s *story) {
	for _, who := range []string{"ada", "bo", "cy"} {
		s.tell(viewed(who, "/1", "1990-01-01 00:00"), viewed(who, "/2", "2190-01-01 00:00"))
	}
	s.tell(viewed("di", "/1", "2190-01-01 00:00"), viewed("di", "/2", "2190-01-01 00:00:00.000001"))
	start, end := day("1990-01-01"), day("2200-01-01")
	r := insight.PathsRequest{Period: insight.Period{Start: &start, End: &end}, Ways: insight.PathsQuery{Sources: byPath, Gap: 250 * 365 * 24 * time.Hour}}
	s.says(s.paths(r), "1 /1 > /2: 4 1314882h0m0.00000025s")
}
