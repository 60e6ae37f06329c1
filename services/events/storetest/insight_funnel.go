package storetest

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var funnelCases = []insightCase{
	{"how many reach each step and how long they took", funnelTimes},
	{"an excluded event makes a run vanish, within the window only", funnelExclusion},
	{"strict: anything between two steps ends the run", funnelStrict},
	{"time must pass between the steps of a funnel in order, not of one without", funnelEqualTimes},
	{"the window is measured from the first step, its end included; months are those of the calendar", funnelWindow},
	{"one event serves one step; every first step opens a run", funnelRepeated},
	{"only events of the range that pass the filters take part", funnelRange},
	{"by time: a run belongs to the bucket in which it began", funnelByTime},
	{"time to convert in bins", funnelBins},
	{"a funnel counted by the store is the funnel", funnelCounted},
}

// funnel writes a line for each row: its key, and for each step the count, mean and median seconds; or the periods, or the bins.
func (s *story) funnel(r insight.FunnelRequest) []string {
	s.t.Helper()
	got, err := s.engine.Funnel(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for _, row := range got.Rows {
		parts := []string{keyText(row.Key) + ":"}
		for _, step := range row.Steps {
			text := numbers([]int64{step.Count})
			if step.MeanSeconds != nil {
				text += "(" + numbers([]float64{*step.MeanSeconds}) + "," + numbers([]float64{*step.MedianSeconds}) + ")"
			}
			parts = append(parts, text)
		}
		for _, p := range row.Periods {
			parts = append(parts, fmt.Sprintf("%d/%d=%s", p.Converted, p.Entered, numbers([]float64{p.Rate})))
		}
		for _, b := range row.Bins {
			parts = append(parts, fmt.Sprintf("%d:%d", b.FromSeconds, b.Actors))
		}
		if row.MeanSeconds != nil {
			parts = append(parts, "mean", numbers([]float64{*row.MeanSeconds}))
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return lines
}

// tell tells many things at once: "ada a 01 10:00".
func (s *story) tell(things ...string) {
	s.t.Helper()
	for _, thing := range things {
		part := strings.SplitN(thing, " ", 3)
		when, properties, _ := strings.Cut(part[2], " {")
		if properties != "" {
			properties = "{" + properties
		}
		s.did(strings.TrimPrefix(part[0], "nobody"), part[1], when, properties)
	}
}

func funnelTimes(s *story) {
	s.tell("ada opened 01 12:00", "ada started 01 13:00", "ada merged 01 15:00", "bo opened 01 14:00", "bo started 01 16:00",
		"cy opened 01 14:00", "cy started 01 16:00", "cy merged 01 17:00", "nobody opened 01 12:00", "nobody started 01 13:00")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "02")), Steps: ofEach("opened", "started", "merged")}
	s.says(s.funnel(r), "all: 3 3(6000,7200) 2(5400,5400)")
	s.tell("ada opened 02 01:00", "ada started 02 05:00") // an incomplete try does not count in the times of who came farther
	s.says(s.funnel(r), "all: 3 3(6000,7200) 2(5400,5400)")
	r.Steps = ofEach("never", "opened")
	s.says(s.funnel(r), "all: 0 0")
}

func unbucketed(p insight.Period) insight.Period {
	p.Interval = 0
	return p
}

func funnelExclusion(s *story) {
	s.tell("ada installed 01 01:00", "ada passed 01 02:00", "bo installed 01 03:00", "bo failed 01 03:30", "bo passed 01 04:00",
		"cy installed 01 05:00", "cy failed 01 06:00", "di installed 01 07:00", "di failed 02 08:00")
	day1 := insight.Window{Value: 1, Unit: insight.WindowDay}
	r := insight.FunnelRequest{
		Period: unbucketed(during("01", "03")), Window: day1, Steps: ofEach("installed", "passed"), Exclusions: []insight.Exclusion{{Matcher: of("failed"), From: 0, To: 1}},
	}
	s.says(s.funnel(r), "all: 2 1(3600,3600)")
	s.tell("eli installed 01 01:00", "eli failed 01 01:00", "eli failed 01 02:00", "eli passed 01 02:00") // at both ends is not between
	s.says(s.funnel(r), "all: 3 2(3600,3600)")
	s.tell("cy installed 02 12:00") // another run is clean
	s.says(s.funnel(r), "all: 4 2(3600,3600)")
	r.Order = insight.Unordered // the passed build of bo alone opens a clean run
	s.says(s.funnel(r), "all: 5 2(3600,3600)")
	r.Order, r.Steps = insight.Ordered, ofEach("installed", "passed", "shipped")
	r.Exclusions = []insight.Exclusion{{Matcher: of("failed"), From: 1, To: 2}}
	s.says(s.funnel(r), "all: 5 3(3600,3600) 0") // a run that never came to where the exclusion begins is untouched
}

func funnelStrict(s *story) {
	s.tell("ada installed 01 10:00", "ada viewed 01 10:10 {\"p\":1}", "ada passed 01 10:20", "bo installed 01 10:00", "bo passed 01 11:00")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "01")), Order: insight.Strict, Steps: ofEach("installed", "passed")}
	s.says(s.funnel(r), "all: 2 1(3600,3600)")
	r.Properties = []insight.PropertyFilter{s.where("p", insight.IsNotSet)} // what the question does not see does not stand between
	s.says(s.funnel(r), "all: 2 2(2400,2400)")
}

func funnelEqualTimes(s *story) {
	s.tell("ada a 01 10:00", "ada b 01 10:00", "bo b 01 10:00", "bo a 01 10:00")
	for order, want := range map[insight.Order]string{insight.Ordered: "all: 2 0", insight.Strict: "all: 2 0", insight.Unordered: "all: 2 2(0,0)"} {
		s.says(s.funnel(insight.FunnelRequest{Period: unbucketed(during("01", "01")), Order: order, Steps: ofEach("a", "b")}), want)
	}
	s.tell("ada b 01 10:00:00.000001")
	s.says(s.funnel(insight.FunnelRequest{Period: unbucketed(during("01", "01")), Steps: ofEach("a", "b")}), "all: 2 1(1e-06,1e-06)")
	s.says(s.funnel(insight.FunnelRequest{Period: unbucketed(during("01", "01")), Order: insight.Strict, Steps: ofEach("a", "b")}), "all: 2 0")
}

func funnelWindow(s *story) {
	s.tell("ada a 01 10:00", "ada b 01 11:00", "ada c 01 12:00", "bo a 01 10:00", "bo b 01 11:00", "bo c 01 12:00:00.000001")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "01")), Steps: ofEach("a", "b", "c"), Window: insight.Window{Value: 2, Unit: insight.WindowHour}}
	s.says(s.funnel(r), "all: 2 2(3600,3600) 1(3600,3600)")
	s.tell("cy d 2026-01-31 10:00", "cy e 2026-02-28 10:00", "di d 2026-01-31 10:00", "di e 2026-02-28 10:00:00.000001", "eli d 2026-02-28 10:00", "eli e 2026-03-28 10:00")
	start, end := day("2026-01-01"), day("2026-06-01")
	r = insight.FunnelRequest{Period: insight.Period{Start: &start, End: &end}, Steps: ofEach("d", "e"), Window: insight.Window{Value: 1, Unit: insight.WindowMonth}}
	s.says(s.funnel(r), "all: 3 2(2419200,2419200)")
}

func funnelRepeated(s *story) {
	s.tell("ada up 01 10:00", "ada up 01 11:00", "bo up 01 10:00")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "09")), Steps: ofEach("up", "up"), Window: insight.Window{Value: 1, Unit: insight.WindowDay}}
	s.says(s.funnel(r), "all: 2 1(3600,3600)")
	s.tell("bo down 01 09:00", "bo up 03 10:00", "bo down 03 12:00", "bo up 05 10:00", "bo up 05 11:00", "bo down 05 12:00")
	r.Steps = ofEach("up", "down")
	s.says(s.funnel(r), "all: 2 1(6000,7200)") // two, two and one hours: every run that came as far counts
	r.Order, r.Steps = insight.Unordered, ofEach("down", "up")
	s.says(s.funnel(r), "all: 2 1(5400,5400)") // one and two hours, each twice: every event opens a run of its own
}

func funnelRange(s *story) {
	s.tell("ada a 01 23:00", "ada b 02 00:00", "bo a 01 23:00", "bo b 01 23:59", "cy a 02 00:00")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "01")), Steps: ofEach("a", "b")}
	s.says(s.funnel(r), "all: 2 1(3540,3540)")
	r.Filter = events.Filter{Machines: []string{"machine of ada"}}
	s.says(s.funnel(r), "all: 1 0")
}

func funnelByTime(s *story) {
	s.tell("ada a 01 00:00", "ada b 01 01:00", "ada c 01 02:00", "ada a 03 00:00", "ada b 03 01:00", "ada a 04 00:00", "ada b 04 01:00", "ada c 04 02:00", "bo a 04 12:00")
	r := insight.FunnelRequest{Period: during("01", "04"), Steps: ofEach("a", "b", "c"), View: insight.FunnelTrends, Window: insight.Window{Value: 1, Unit: insight.WindowDay}}
	s.says(s.funnel(r), "all: 1/1=100 0/0=0 0/1=0 1/2=50")
	second := 1
	r.FromStep = &second
	s.says(s.funnel(r), "all: 1/1=100 0/0=0 0/1=0 1/1=100")
	s.tell("cy a 04 23:30", "cy b 05 00:10", "cy c 05 00:20", "di a 04 10:00")
	r.FromStep = nil
	s.says(s.funnel(r), "all: 1/1=100 0/0=0 0/1=0 1/4=25") // what lies beyond the range does not count
	r.Period = during("01", "05")
	s.says(s.funnel(r), "all: 1/1=100 0/0=0 0/1=0 2/4=50 0/0=0")
	s.tell("ada a 01 05:00") // the best run of a bucket counts, whichever came first
	s.says(s.funnel(r), "all: 1/1=100 0/0=0 0/1=0 2/4=50 0/0=0")
}

func funnelBins(s *story) {
	s.tell("ada a 01 10:00", "ada b 01 11:00", "bo a 01 10:00", "bo b 01 10:37", "cy a 01 00:00", "cy b 01 23:00", "di a 01 10:00")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "02")), Steps: ofEach("a", "b"), View: insight.TimeToConvert}
	s.says(s.funnel(r), "all: 2220:2 29080:0 55940:0 82800:1 mean 29540")
	r.BinCount = 1
	s.says(s.funnel(r), "all: 2220:2 82800:1 mean 29540")
	r.Filter = events.Filter{Machines: []string{"machine of ada"}}
	r.BinCount = 0
	s.says(s.funnel(r), "all: 3600:1 3660:0 3720:0 3780:0 mean 3600")
	r.Filter = events.Filter{Machines: []string{"machine of di"}}
	s.says(s.funnel(r), "all:")
}

func funnelCounted(s *story) {
	for i := range 40 {
		who := []string{"ada", "bo", "cy", "di", "eli", ""}[i%6]
		s.did(who, []string{"a", "b", "c"}[i*i%7%3], fmt.Sprintf("%02d %02d:%02d", 1+i%5, i%24, i%2))
	}
	for _, window := range []insight.Window{{Value: 1, Unit: insight.WindowMinute}, {Value: 5, Unit: insight.WindowHour}, {Value: 2, Unit: insight.WindowDay}, {Value: 1, Unit: insight.WindowMonth}} {
		for _, steps := range [][]insight.Matcher{ofEach("a"), ofEach("a", "b"), ofEach("a", "b", "c"), ofEach("b", "b", "a"), ofEach("c", "a", "c", "a")} {
			r := insight.FunnelRequest{Period: unbucketed(during("01", "05")), Steps: steps, Window: window}
			want, err := s.engine.Funnel(s.t.Context(), s.org, r)
			require.NoError(s.t, err)
			r.CountsOnly = true
			got, err := s.engine.Funnel(s.t.Context(), s.org, r)
			require.NoError(s.t, err)
			for k, step := range want.Rows[0].Steps {
				require.Equal(s.t, insight.FunnelStep{Count: step.Count}, got.Rows[0].Steps[k], "step %d of %v in %v", k, steps, window)
			}
		}
	}
}
