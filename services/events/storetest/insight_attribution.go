package storetest

import (
	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

var attributionCases = []insightCase{
	{"each attribution gives a value to the same runs in its own way", attributions},
	{"all steps: a value has a funnel of its own, other acts as one value", attributionLimit},
	{"strict funnels by value", attributionStrict},
	{"values of developers and cohorts", attributionDevelopers},
	{"no value is missing, and funnels by time and by duration have rows, too", attributionViews},
}

func attributions(s *story) {
	s.tell(`ada opened 01 12:00 {"p":"vscode"}`, `ada pushed 02 12:30 {"p":"zed"}`, `ada opened 02 13:00 {"p":"zed"}`, `ada pushed 02 14:00 {"p":"zed"}`)
	r := insight.FunnelRequest{Period: unbucketed(during("01", "03")), Steps: ofEach("opened", "pushed"), Breakdown: byProperty(0, "p")}
	for attribution, want := range map[insight.Attribution][]string{
		0:                  {"vscode: 1 1(45900,45900)"},
		insight.FirstTouch: {"vscode: 1 1(45900,45900)"},
		insight.LastTouch:  {"zed: 1 1(45900,45900)"},
		insight.AtStep:     {"zed: 1 1(45900,45900)"},
		insight.AllSteps:   {"vscode: 1 0", "zed: 1 1(3600,3600)"},
	} {
		r.Attribution, r.AttributionStep = attribution, 1
		s.says(s.funnel(r), want...)
	}
	r.Attribution, r.AttributionStep = insight.AtStep, 0
	s.says(s.funnel(r), "vscode: 1 1(45900,45900)")
	s.tell("bo opened 01 10:00", `bo pushed 01 11:00 {"p":"nano"}`, "cy opened 01 10:00")
	r.Attribution = insight.FirstTouch
	s.says(s.funnel(r), "(missing): 1 0", "vscode: 1 1(45900,45900)", "nano: 1 1(3600,3600)")
	r.Attribution, r.AttributionStep = insight.AtStep, 1
	s.says(s.funnel(r), "(missing): 1 0", "zed: 1 1(45900,45900)", "nano: 1 1(3600,3600)")
}

func attributionLimit(s *story) {
	s.tell(`ada a 01 10:00 {"p":"vscode"}`, `ada b 01 11:00 {"p":"nano"}`, `bo a 01 10:00 {"p":"zed"}`, `bo b 01 11:00 {"p":"zed"}`, `cy a 01 10:00 {"p":"zed"}`,
		`di a 01 10:00 {"p":"vim"}`, `eli a 01 10:00 {"p":"nano"}`, `eli b 01 12:00 {"p":"other"}`)
	r := insight.FunnelRequest{Period: unbucketed(during("01", "03")), Steps: ofEach("a", "b"), Breakdown: byProperty(1, "p"), Attribution: insight.AllSteps}
	s.says(s.funnel(r), "zed: 2 1(3600,3600)", "(other): 3 2(5400,5400)")
	r.Breakdown.Limit = 2
	s.says(s.funnel(r), "zed: 2 1(3600,3600)", "nano: 1 0", "(other): 2 0")
	r.Attribution = insight.FirstTouch
	s.says(s.funnel(r), "zed: 2 1(3600,3600)", "nano: 1 1(7200,7200)", "(other): 2 1(3600,3600)")
}

func attributionStrict(s *story) {
	s.tell(`ada a 01 10:00 {"p":"x"}`, `ada page 01 10:30 {"p":"x"}`, `ada b 01 11:00 {"p":"x"}`, `bo a 01 10:00 {"p":"y"}`, `bo b 01 11:00 {"p":"y"}`,
		`cy a 01 10:00 {"p":"y"}`, `cy b 01 10:30 {"p":"x"}`, `cy b 01 11:00 {"p":"y"}`)
	r := insight.FunnelRequest{
		Period: unbucketed(during("01", "03")), Order: insight.Strict, Steps: ofEach("a", "b"), Breakdown: byProperty(0, "p"), Attribution: insight.AllSteps,
	}
	s.says(s.funnel(r), "y: 2 1(3600,3600)", "x: 1 0")
	r.Attribution = insight.LastTouch
	s.says(s.funnel(r), "y: 2 2(2700,2700)", "x: 1 0")
}

func attributionDevelopers(s *story) {
	s.tell("ada a 01 10:00", "ada b 01 11:00", "bo a 01 10:00", "cy a 01 10:00", "cy a 01 10:10", "cy b 01 11:00")
	s.is("ada", `{"team":"core"}`)
	s.is("bo", `{"team":"web"}`)
	r := insight.FunnelRequest{
		Period: unbucketed(during("01", "03")), Steps: ofEach("a", "b"), Breakdown: &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{"team"}},
	}
	for _, r.Attribution = range []insight.Attribution{insight.FirstTouch, insight.AtStep, insight.AllSteps} {
		s.says(s.funnel(r), "(missing): 1 1(3300,3300)", "core: 1 1(3600,3600)", "web: 1 0")
	}
	some := &insight.Cohort{Static: true, Members: []uuid.UUID{ID("bo"), ID("cy")}}
	r.Breakdown = &insight.Breakdown{Scope: insight.CohortScope, Cohorts: []*insight.Cohort{nil, {Static: true}, some}}
	s.says(s.funnel(r), "cohort0: 3 2(3450,3450)", "cohort2: 2 1(3300,3300)")
}

func attributionViews(s *story) {
	s.tell(`ada a 01 10:00 {"p":"x"}`, `ada b 01 11:00 {"p":"x"}`, `bo a 02 10:00 {"p":null}`, `bo b 02 10:01`, `cy a 02 10:00 {"p":"x","q":1}`)
	r := insight.FunnelRequest{Period: during("01", "02"), Steps: ofEach("a", "b"), Breakdown: byProperty(0, "p"), View: insight.FunnelTrends}
	s.says(s.funnel(r), "x: 1/1=100 0/1=0", "(missing): 0/0=0 1/1=100")
	r.View, r.Period, r.BinCount = insight.TimeToConvert, unbucketed(r.Period), 1
	s.says(s.funnel(r), "x: 3600:1 3660:0 mean 3600", "(missing): 60:1 120:0 mean 60")
	r.View, r.Breakdown = 0, byProperty(0, "p", "q")
	s.says(s.funnel(r), "x+1: 1 0", "x+-: 1 1(3600,3600)", "(missing): 1 1(60,60)")
}
