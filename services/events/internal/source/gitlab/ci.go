package gitlab

import (
	"time"

	"devtrail.dev/services/events/internal/source"
)

// statuses are the words for states of pipelines, jobs and deployments.
var statuses = map[string]string{
	"blocked": "blocked", "canceled": "canceled", "canceling": "canceling", "created": "created", "failed": "failed", "manual": "blocked", "pending": "queued", "preparing": "preparing",
	"running": "started", "scheduled": "scheduled", "skipped": "skipped", "success": "succeeded", "waiting_for_callback": "waiting", "waiting_for_resource": "waiting",
}

// isEnd tells whether something that got a state is over.
func isEnd(status string) bool {
	return status == "success" || status == "failed" || status == "canceled" || status == "skipped"
}

func (m *message) pipeline() {
	status := m.attrs.At("status").Text()
	verb, ok := statuses[status]
	if !ok {
		return
	}
	at := time.Time{}
	switch {
	case isEnd(status):
		at = source.FirstTime(m.attrs.At("finished_at"))
	case status == "running":
		at = source.FirstTime(m.attrs.At("started_at"))
	case status == "created": // a pipeline that waits may have been made long before
		at = source.FirstTime(m.attrs.At("created_at"))
	}
	properties := source.Properties{
		"run_id": positive(m.attrs.At("id")), "run_number": positive(m.attrs.At("iid")), "name": m.attrs.At("name").Text(), "status": status, "trigger": m.attrs.At("source").Text(),
		"commit": m.attrs.At("sha").Text(), "url": m.attrs.At("url").Text(), "number": positive(m.body.At("merge_request", "iid")),
		"duration_s": positive(m.attrs.At("duration")), "jobs": count(m.body.At("builds")),
	}
	if m.attrs.At("tag").True() {
		properties["tag"] = m.attrs.At("ref").Text()
	} else {
		properties["branch"] = m.attrs.At("ref").Text()
	}
	f := fromCI(m.fact("pipeline."+verb, at, properties))
	f.Session = m.session("pipelines", m.attrs.At("id"))
	m.batch.Add(f)
}

// count is how many members a list has, or nothing when it has none.
func count(list source.Value) any {
	if n := list.Len(); n > 0 {
		return n
	}
	return nil
}

func (m *message) job() {
	status := m.body.At("build_status").Text()
	verb, ok := statuses[status]
	if !ok {
		return
	}
	// Jobs of all stages are made with the pipeline: of one that is queued, blocked or being canceled that tells nothing. Newer GitLab tells when it
	// got its state, older GitLab nothing, and then it got it when that was told.
	changed := m.body.At("build_status_changed_at")
	at := changed.Time()
	switch {
	case isEnd(status):
		at = source.FirstTime(m.body.At("build_finished_at"), changed)
	case status == "running":
		at = source.FirstTime(m.body.At("build_started_at"), changed)
	case status == "created":
		at = source.FirstTime(m.body.At("build_created_at"), changed)
	}
	properties := source.Properties{
		"name": m.body.At("build_name").Text(), "job_id": positive(m.body.At("build_id")), "run_id": positive(m.body.At("pipeline_id")), "stage": m.body.At("build_stage").Text(), "status": status,
		"failure": m.body.At("build_failure_reason").Text(), "commit": m.body.At("sha").Text(), "environment": m.body.At("environment", "name").Text(),
	}
	if properties["failure"] == "unknown_failure" && status != "failed" {
		delete(properties, "failure") // GitLab says so of every job
	}
	if m.body.At("tag").True() {
		properties["tag"] = m.body.At("ref").Text()
	} else {
		properties["branch"] = m.body.At("ref").Text()
	}
	f := fromCI(m.fact("job."+verb, at, properties))
	f.Machine, f.Session = m.body.At("runner", "description").Text(), m.session("pipelines", m.body.At("pipeline_id"))
	m.batch.Add(f)
}

func (m *message) deployment() {
	verb, ok := statuses[m.body.At("status").Text()]
	if !ok {
		return
	}
	f := fromCI(m.fact("deployment."+verb, m.body.At("status_changed_at").Time(), source.Properties{
		"deployment_id": positive(m.body.At("deployment_id")), "environment": m.body.At("environment").Text(), "tier": m.body.At("environment_tier").Text(), "state": m.body.At("status").Text(),
		"commit": m.body.At("short_sha").Text(), "ref": m.body.At("ref").Text(), "url": m.body.At("deployable_url").Text(), "title": m.body.At("commit_title").Text(),
	}))
	f.Session = m.session("deployments", m.body.At("deployment_id"))
	m.batch.Add(f)
}
