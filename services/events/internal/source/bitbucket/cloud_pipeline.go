package bitbucket

import (
	"strings"
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// pipelines is the tool that runs what a repository's pipeline says.
const pipelines = "bitbucket-pipelines"

// results are the words for how a run ended.
var results = map[string]string{
	"complete": "succeeded", "error": "failed", "expired": "failed", "failed": "failed", "skipped": "skipped", "stopped": "canceled", "success": "succeeded", "successful": "succeeded",
}

// pipelineSpans tells of the runs among the spans of a trace. The spans within a run tell of its commands, which may hold anything. Most deliveries name the
// repository by its UUID only.
func (m *cloud) pipelineSpans() {
	for _, resource := range m.body.At("resourceSpans").List() {
		for _, scope := range resource.At("scopeSpans").List() {
			for _, span := range scope.At("spans").List() {
				if span.At("name").Text() == "bbc.pipeline_run" {
					m.pipelineRun(span)
				}
			}
		}
	}
}

func (m *cloud) pipelineRun(span source.Value) {
	attributes := map[string]source.Value{}
	for _, a := range span.At("attributes").List() {
		attributes[a.At("key").Text()] = source.First(a.At("value", "stringValue"), a.At("value", "intValue"))
	}
	result := strings.ToLower(attributes["pipeline.state.result.name"].Text())
	verb, ok := results[result]
	if !ok {
		return
	}
	if name := attributes["pipeline.repository.full_name"].Text(); m.project == "" && name != "" {
		m.project = repositoryOf(name)
	}
	properties := source.Properties{
		"run": attributes["pipeline_run.uuid"].Text(), "run_number": positive(attributes["pipeline_run.run_number"]), "status": result, "trigger": strings.ToLower(attributes["pipeline.trigger.name"].Text()),
		"repository_uuid": strings.Trim(attributes["pipeline.repository.uuid"].Text(), "{}"),
	}
	began, ended := nanos(span.At("startTimeUnixNano")), nanos(span.At("endTimeUnixNano"))
	if !began.IsZero() && ended.After(began) {
		properties["duration_s"] = int64(ended.Sub(began).Seconds())
	}
	ref := "branch"
	if strings.EqualFold(attributes["pipeline.target.ref_type"].Text(), "tag") {
		ref = "tag"
	}
	properties[ref] = attributes["pipeline.target.ref_name"].Text()
	f := m.fact("pipeline."+verb, ended, properties)
	f.Kind, f.Tool = events.SourceCI, pipelines
	if number := attributes["pipeline_run.run_number"].Text(); m.project != "" && number != "" {
		f.Session = m.project + "/pipelines/" + number
	}
	m.batch.Add(f)
}

// nanos is a moment in nanoseconds since 1970; zero when there is none.
func nanos(v source.Value) time.Time {
	if n := v.Int(); n > 0 {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}
