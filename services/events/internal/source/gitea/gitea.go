// Package gitea translates deliveries of the webhooks of Gitea, Forgejo and Gogs, which speak alike, into drafts of events.
// It is a pure function between internal/hook, which has verified the delivery, and internal/ingest.
package gitea

import (
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// Tool is the name of this source, unless the delivery names another product of the family.
const Tool = "gitea"

// Translate makes drafts of a delivery whose Event is the value of X-Gitea-Event or, as well, of X-Gitea-Event-Type, which tells more kinds apart.
// An event or action that is not known makes none. The error says that the body is not a JSON object, or that its events take too much memory.
func Translate(d source.Delivery) ([]ingest.Draft, error) {
	body, err := source.Parse(d.Body)
	if err != nil {
		return nil, err
	}
	if d.Tool == "" {
		d.Tool = Tool
	}
	m := newMessage(d, body)
	if tell := m.teller(); tell != nil {
		tell(m)
	}
	return m.batch.All()
}

// teller is what tells the delivery; nil when its kind is not known. The family names ever more kinds of issues and pull requests, which
// the action tells apart.
func (m *message) teller() func(*message) {
	if tell, ok := kinds[m.event]; ok {
		return tell
	}
	switch {
	case m.body.At("comment").Exists() && (strings.HasPrefix(m.event, "issue") || strings.HasPrefix(m.event, "pull_request")):
		return (*message).comment
	case strings.HasPrefix(m.event, "issue"):
		return (*message).issue
	case strings.HasPrefix(m.event, "pull_request"):
		return (*message).pullRequest
	}
	return nil
}

// kinds are the deliveries by both ways to name them.
var kinds = map[string]func(*message){
	"action_run_failure":           (*message).actionRun,
	"action_run_recover":           (*message).actionRun,
	"action_run_success":           (*message).actionRun,
	"create":                       (*message).refCreated,
	"delete":                       (*message).refDeleted,
	"fork":                         (*message).fork,
	"issue_assign":                 (*message).issue,
	"issue_comment":                (*message).comment,
	"issue_label":                  (*message).issue,
	"issue_milestone":              (*message).issue,
	"issues":                       (*message).issue,
	"package":                      (*message).packagePublished,
	"pull_request":                 (*message).pullRequest,
	"pull_request_approved":        (*message).pullRequest,
	"pull_request_assign":          (*message).pullRequest,
	"pull_request_comment":         (*message).comment,
	"pull_request_label":           (*message).pullRequest,
	"pull_request_milestone":       (*message).pullRequest,
	"pull_request_rejected":        (*message).pullRequest,
	"pull_request_review_approved": (*message).pullRequest,
	"pull_request_review_comment":  (*message).pullRequest,
	"pull_request_review_rejected": (*message).pullRequest,
	"pull_request_review_request":  (*message).pullRequest,
	"pull_request_sync":            (*message).pullRequest,
	"push":                         (*message).push,
	"release":                      (*message).release,
	"repository":                   (*message).repositoryEvent,
	"status":                       (*message).status,
	"wiki":                         (*message).wiki,
	"workflow_job":                 (*message).workflowJob,
	"workflow_run":                 (*message).workflowRun,
}

// message is a delivery being read.
type message struct {
	batch   *source.Batch
	body    source.Value
	tool    string
	event   string
	action  string
	host    string
	project string
	sender  source.Actor
}

func newMessage(d source.Delivery, body source.Value) *message {
	m := &message{batch: source.NewBatch(d.Tool, d, body), body: body, tool: d.Tool, event: d.Event, action: body.At("action").Text()}
	for _, address := range []string{
		body.At("repository", "html_url").Text(), body.At("repository", "clone_url").Text(), body.At("package", "html_url").Text(), body.At("run", "html_url").Text(), d.Host,
	} {
		if m.host = git.Host(address); m.host != "" {
			break
		}
	}
	if m.host == "" {
		m.host = d.Host
	}
	m.project = repository(source.First(body.At("repository"), body.At("run", "repository")))
	m.sender = m.account(body.At("sender"))
	return m
}

// repository is the canonical name of a repository.
func repository(repo source.Value) string {
	return git.Repository(source.First(repo.At("clone_url"), repo.At("html_url")).Text())
}

// ghost is the number of the account that stands for all whose own was deleted.
const ghost = -1

// account is the actor of an account. The suite has no kind of identity for the numbers of these servers, so the login at the host names the account.
func (m *message) account(user source.Value) source.Actor {
	login := source.First(user.At("login"), user.At("username")).Text()
	if user.At("id").Int() == ghost {
		return source.Actor{}.Named(login)
	}
	actor := source.Actor{Identity: source.LoginAt(m.host, login)}
	actor.Bot = user.At("is_bot").True() || login == "gitea-actions" || login == "forgejo-actions"
	return actor.Named(login, user.At("full_name").Text())
}

// fact starts a fact by the sender in the repository.
func (m *message) fact(name string, at time.Time, properties source.Properties) source.Fact {
	return source.Fact{Name: name, At: at, Actor: m.sender, Project: m.project, Properties: properties.With(source.Properties{"action": m.action})}
}

// session names a conversation in the repository.
func (m *message) session(kind string, number source.Value) string {
	if m.project == "" || number.Int() <= 0 {
		return ""
	}
	return m.project + "/" + kind + "/" + number.Text()
}
