package github

import (
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// actions is the tool of workflow events.
const actions = "github-actions"

// outcomes are the words for how a run, a job or a deployment ended; what is not here keeps the word completed.
var outcomes = map[string]string{
	"action_required": "blocked", "cancelled": "canceled", "error": "failed", "failure": "failed", "neutral": "succeeded", "skipped": "skipped", "stale": "canceled",
	"startup_failure": "failed", "success": "succeeded", "timed_out": "failed",
}

// ended is the word for a conclusion.
func ended(conclusion string) string {
	if verb, ok := outcomes[conclusion]; ok {
		return verb
	}
	return "completed"
}

var runVerbs = verbs("completed", "in_progress=started", "requested=created")

func (m *message) workflowRun() {
	verb, ok := runVerbs[m.action]
	if !ok {
		return
	}
	run := m.body.At("workflow_run")
	at := source.FirstTime(run.At("updated_at"), run.At("run_started_at"), run.At("created_at"))
	switch verb {
	case "completed":
		verb = ended(run.At("conclusion").Text())
	case "created":
		at = source.FirstTime(run.At("created_at"))
	}
	f := m.fact("pipeline."+verb, at, source.Properties{
		"name": run.At("name").Text(), "title": run.At("display_title").Text(), "run_id": positive(run.At("id")), "run_number": positive(run.At("run_number")), "attempt": positive(run.At("run_attempt")),
		"trigger": run.At("event").Text(), "status": run.At("status").Text(), "conclusion": run.At("conclusion").Text(), "branch": run.At("head_branch").Text(),
		"commit": run.At("head_sha").Text(), "workflow": source.First(m.body.At("workflow", "path"), run.At("path")).Text(), "url": run.At("html_url").Text(),
		"triggered_by": run.At("triggering_actor", "login").Text(),
	})
	f.Kind, f.Tool, f.Session = events.SourceCI, actions, m.session("actions/runs", run.At("id"))
	m.batch.Add(f)
}

var jobVerbs = verbs("completed", "in_progress=started", "queued", "started", "waiting=blocked")

func (m *message) workflowJob() {
	verb, ok := jobVerbs[m.action]
	if !ok {
		return
	}
	job := m.body.At("workflow_job")
	at := source.FirstTime(job.At("created_at"), job.At("started_at"))
	switch verb {
	case "completed":
		verb, at = ended(job.At("conclusion").Text()), source.FirstTime(job.At("completed_at"))
	case "started":
		at = source.FirstTime(job.At("started_at"))
	}
	f := m.fact("job."+verb, at, source.Properties{
		"name": job.At("name").Text(), "job_id": positive(job.At("id")), "run_id": positive(job.At("run_id")), "attempt": positive(job.At("run_attempt")), "pipeline": job.At("workflow_name").Text(),
		"status": job.At("status").Text(), "conclusion": job.At("conclusion").Text(), "branch": job.At("head_branch").Text(), "commit": job.At("head_sha").Text(),
		"labels": job.At("labels").Texts(), "runner_group": job.At("runner_group_name").Text(), "url": job.At("html_url").Text(),
	})
	f.Kind, f.Tool, f.Machine, f.Session = events.SourceCI, actions, job.At("runner_name").Text(), m.session("actions/runs", job.At("run_id"))
	m.batch.Add(f)
}

func (m *message) workflowDispatch() {
	f := m.fact("workflow.dispatched", time.Time{}, source.Properties{"workflow": m.body.At("workflow").Text(), "ref": m.body.At("ref").Text()})
	f.Kind, f.Tool = events.SourceCI, actions
	m.batch.Add(f)
}

func (m *message) deployment() {
	if m.action != "created" && m.action != "" {
		return
	}
	deployment := m.body.At("deployment")
	m.deploy("created", deployment.At("created_at").Time(), deployment, source.Value{})
}

// deploymentVerbs are the words for states of deployments.
var deploymentVerbs = map[string]string{"in_progress": "started", "inactive": "inactivated", "pending": "pending", "queued": "queued", "waiting": "blocked"}

func (m *message) deploymentStatus() {
	if m.action != "created" && m.action != "" {
		return
	}
	status := m.body.At("deployment_status")
	verb, ok := deploymentVerbs[status.At("state").Text()]
	if !ok {
		verb = ended(status.At("state").Text())
	}
	m.deploy(verb, source.FirstTime(status.At("created_at"), status.At("updated_at")), m.body.At("deployment"), status)
}

func (m *message) deploy(verb string, at time.Time, deployment, status source.Value) {
	f := m.fact("deployment."+verb, at, source.Properties{
		"deployment_id": positive(deployment.At("id")), "environment": source.First(status.At("environment"), deployment.At("environment")).Text(), "ref": deployment.At("ref").Text(),
		"commit": deployment.At("sha").Text(), "task": deployment.At("task").Text(), "state": status.At("state").Text(), "description": status.At("description").Text(),
		"url": source.First(status.At("log_url"), status.At("target_url")).Text(), "creator": deployment.At("creator", "login").Text(), "pipeline": m.body.At("workflow", "name").Text(),
	})
	f.Kind, f.Session = events.SourceCI, m.session("deployments", deployment.At("id"))
	m.batch.Add(f)
}

// status tells what an outside service says of a commit.
func (m *message) status() {
	var branches []string
	for _, branch := range m.body.At("branches").List() {
		branches = append(branches, branch.At("name").Text())
	}
	f := m.fact("commit_status.reported", source.FirstTime(m.body.At("updated_at"), m.body.At("created_at")), source.Properties{
		"commit": m.body.At("sha").Text(), "context": m.body.At("context").Text(), "state": m.body.At("state").Text(), "description": m.body.At("description").Text(),
		"url": m.body.At("target_url").Text(), "branches": branches,
	})
	f.Kind = events.SourceCI
	m.batch.Add(f)
}
