package gitea

import (
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// outcomes are the words for how a run or job ended.
var outcomes = map[string]string{
	"blocked": "blocked", "cancelled": "canceled", "failure": "failed", "skipped": "skipped", "success": "succeeded",
}

// runWord is the word for an action, with the outcome when it is over.
func runWord(action, conclusion string) (string, bool) {
	switch action {
	case "completed":
		if verb, ok := outcomes[conclusion]; ok {
			return verb, true
		}
		return "completed", true
	case "in_progress":
		return "started", true
	case "queued":
		return "queued", true
	case "requested":
		return "created", true
	case "waiting":
		return "blocked", true
	}
	return "", false
}

func (m *message) fromCI(f source.Fact) source.Fact {
	f.Kind, f.Tool = events.SourceCI, m.tool+"-actions"
	return f
}

func (m *message) workflowRun() {
	run := m.body.At("workflow_run")
	verb, ok := runWord(m.action, run.At("conclusion").Text())
	if !ok {
		return
	}
	at := source.FirstTime(run.At("completed_at"), run.At("started_at"), run.At("created_at"))
	if verb == "started" {
		at = source.FirstTime(run.At("started_at"))
	}
	f := m.fromCI(m.fact("pipeline."+verb, at, source.Properties{
		"name": run.At("display_title").Text(), "run_id": run.At("id").Int(), "run_number": run.At("run_number").Int(), "trigger": run.At("event").Text(), "status": run.At("status").Text(),
		"conclusion": run.At("conclusion").Text(), "branch": run.At("head_branch").Text(), "commit": run.At("head_sha").Text(), "workflow": run.At("path").Text(), "url": run.At("html_url").Text(),
	}))
	f.Session = m.session("actions/runs", run.At("id"))
	m.batch.Add(f)
}

func (m *message) workflowJob() {
	job := m.body.At("workflow_job")
	verb, ok := runWord(m.action, job.At("conclusion").Text())
	if !ok {
		return
	}
	at := source.FirstTime(job.At("completed_at"), job.At("started_at"), job.At("created_at"))
	f := m.fromCI(m.fact("job."+verb, at, source.Properties{
		"name": job.At("name").Text(), "job_id": job.At("id").Int(), "run_id": job.At("run_id").Int(), "status": job.At("status").Text(), "conclusion": job.At("conclusion").Text(),
		"branch": job.At("head_branch").Text(), "commit": job.At("head_sha").Text(), "labels": job.At("labels").Texts(), "url": job.At("html_url").Text(),
	}))
	f.Machine, f.Session = job.At("runner_name").Text(), m.session("actions/runs", job.At("run_id"))
	m.batch.Add(f)
}

// ended are the words for how a run ended by Forgejo's names of the event, where the run does not say it.
var ended = map[string]string{"action_run_failure": "failed", "action_run_recover": "succeeded", "action_run_success": "succeeded"}

// actionRun is Forgejo's way to tell how a run ended. One that was canceled comes as a failure too, and one that ends well after one that did not
// comes twice, as a success and as a recovery: both have one id.
func (m *message) actionRun() {
	run := m.body.At("run")
	verb, ok := outcomes[run.At("status").Text()]
	if !ok {
		verb = ended[m.event]
	}
	stopped := run.At("stopped").Time()
	f := m.fromCI(m.fact("pipeline."+verb, source.FirstTime(run.At("stopped"), run.At("updated"), run.At("created")), source.Properties{
		"name": run.At("title").Text(), "run_id": run.At("id").Int(), "run_number": run.At("index_in_repo").Int(), "trigger": run.At("trigger_event").Text(), "status": run.At("status").Text(),
		"branch": run.At("prettyref").Text(), "commit": run.At("commit_sha").Text(), "workflow": run.At("workflow_id").Text(), "url": run.At("html_url").Text(),
		"previous_status": m.body.At("prior_status").Text(),
	}))
	if actor := m.account(run.At("trigger_user")); !f.Actor.Identity.Known() {
		f.Actor = actor
	}
	f.Session = m.session("actions/runs", run.At("index_in_repo"))
	if id := run.At("id"); m.project != "" && id.Int() > 0 && !stopped.IsZero() {
		f.ID = source.ContentID(m.tool, m.project, f.Name, id.Text(), stopped.UTC().String())
	}
	m.batch.Add(f)
}

// status tells what a CI system says of a commit.
func (m *message) status() {
	f := m.fact("commit_status.reported", source.FirstTime(m.body.At("updated_at"), m.body.At("created_at")), source.Properties{
		"commit": m.body.At("sha").Text(), "context": m.body.At("context").Text(), "state": m.body.At("state").Text(), "description": m.body.At("description").Text(), "url": m.body.At("target_url").Text(),
	})
	f.Kind = events.SourceCI
	m.batch.Add(f)
}
