// Package github translates deliveries of GitHub's webhooks, of github.com and of Enterprise servers, into drafts of events.
// It is a pure function between internal/hook, which has verified the delivery, and internal/ingest.
package github

import (
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// Tool is the name of this source.
const Tool = "github"

// publicHost is the host whose account ids are identities by themselves.
const publicHost = "github.com"

// Translate makes drafts of a delivery whose Event is the value of X-GitHub-Event. An event or action that is not known makes none.
// The error says that the body is not a JSON object, or that its events take too much memory.
func Translate(d source.Delivery) ([]ingest.Draft, error) {
	body, err := source.Parse(d.Body)
	if err != nil {
		return nil, err
	}
	m := newMessage(d, body)
	if special, ok := specials[d.Event]; ok {
		special(m)
	} else if r, ok := rules[d.Event]; ok {
		m.byRule(r)
	}
	return m.batch.All()
}

// specials are the events that more is to be said about than a rule can.
var specials = map[string]func(*message){
	"create":                         (*message).refCreated,
	"delete":                         (*message).refDeleted,
	"dependabot_alert":               (*message).dependabotAlert,
	"deployment":                     (*message).deployment,
	"deployment_status":              (*message).deploymentStatus,
	"fork":                           (*message).fork,
	"gollum":                         (*message).gollum,
	"package":                        (*message).packagePublished,
	"ping":                           (*message).ping,
	"pull_request":                   (*message).pullRequest,
	"pull_request_review":            (*message).review,
	"push":                           (*message).push,
	"registry_package":               (*message).packagePublished,
	"repository_advisory":            (*message).repositoryAdvisory,
	"repository_import":              (*message).repositoryImport,
	"repository_vulnerability_alert": (*message).vulnerabilityAlert,
	"security_advisory":              (*message).securityAdvisory,
	"status":                         (*message).status,
	"workflow_dispatch":              (*message).workflowDispatch,
	"workflow_job":                   (*message).workflowJob,
	"workflow_run":                   (*message).workflowRun,
}

// message is a delivery being read.
type message struct {
	batch   *source.Batch
	body    source.Value
	event   string
	action  string
	host    string
	project string
	sender  source.Actor
}

func newMessage(d source.Delivery, body source.Value) *message {
	m := &message{batch: source.NewBatch(Tool, d, body), body: body, event: d.Event, action: body.At("action").Text()}
	m.host = publicHost
	for _, host := range []string{
		git.Host(body.At("repository", "html_url").Text()), git.Host(body.At("sender", "html_url").Text()), d.Host,
	} {
		if host != "" {
			m.host = host
			break
		}
	}
	m.project = m.repository(body.At("repository"))
	m.sender = m.account(body.At("sender"))
	return m
}

// repository is the canonical name of a repository.
func (m *message) repository(repo source.Value) string {
	if project := git.Repository(repo.At("html_url").Text()); project != "" {
		return project
	}
	if name := repo.At("full_name").Text(); name != "" {
		return git.Repository("https://" + m.host + "/" + name)
	}
	return ""
}

// ghost is the account that stands for all whose own was deleted, on Enterprise servers too.
const ghost = "ghost"

// account is the actor of an account. The ids of an Enterprise server are its own and collide with those of github.com, so there the login names the account.
func (m *message) account(user source.Value) source.Actor {
	var actor source.Actor
	login := user.At("login").Text()
	if login == ghost {
		return source.Actor{}.Named(login)
	}
	host := git.Host(user.At("html_url").Text())
	if host == "" {
		host = m.host
	}
	if host == publicHost {
		actor.Identity = source.Account(source.GitHubAccount, user.At("id").Int())
	}
	if !actor.Identity.Known() {
		actor.Identity = source.LoginAt(host, login)
	}
	kind := user.At("type").Text()
	actor.Bot = kind == "Bot" || kind == "Organization" // GitHub itself acts as the latter
	return actor.Named(login, user.At("name").Text())
}

// fact starts a fact by the sender in the repository.
func (m *message) fact(name string, at time.Time, properties source.Properties) source.Fact {
	return source.Fact{Name: name, At: at, Actor: m.sender, Project: m.project, Properties: properties.With(source.Properties{"action": m.action})}
}

// moment is when an action on an object happened: its creation and its end have times of their own, other actions have the time of its last
// change. When it was made says nothing of what happened to it later: where that alone is told, it happened when it was told. A deletion has no time.
func (m *message) moment(object source.Value) time.Time {
	if m.event == "release" {
		return m.released(object)
	}
	switch m.action {
	case "created", "opened", "":
		if m.later() {
			break
		}
		return source.FirstTime(object.At("created_at"), object.At("started_at"), object.At("updated_at")) // a check run tells when it started alone
	case "closed":
		return source.FirstTime(object.At("merged_at"), object.At("closed_at"), object.At("updated_at"))
	case "closed_by_user":
		return source.FirstTime(object.At("dismissed_at"), object.At("updated_at"))
	case "deleted", "removed", "destroyed":
		return time.Time{}
	case "pinned": // a comment tells it; other objects do not
		return source.FirstTime(object.At("pin", "pinned_at"), object.At("updated_at"))
	case "dismissed", "auto_dismissed", "fixed", "published", "withdrawn", "submitted", "completed", "resolved":
		return source.FirstTime(object.At(m.action+"_at"), object.At("updated_at"))
	}
	return object.At("updated_at").Time()
}

// later tells whether an action that sounds like the making of an object is not: a milestone is opened when it had been closed, what is created
// of a secret's alert is one more place where the secret was found, and a build of pages is told when it is over.
func (m *message) later() bool {
	return m.event == "milestone" && m.action == "opened" || m.event == "secret_scanning_alert_location" || m.event == "page_build"
}

// released is when an action on a release happened. What GitHub calls the creation of a release is the date of the commit under its tag.
func (m *message) released(release source.Value) time.Time {
	switch m.action {
	case "deleted":
		return time.Time{}
	case "published":
		return source.FirstTime(release.At("published_at"), release.At("updated_at"))
	case "created", "prereleased", "released":
		return source.FirstTime(release.At("updated_at"), release.At("published_at"))
	}
	return release.At("updated_at").Time()
}

// session names a conversation in the repository.
func (m *message) session(kind string, number source.Value) string {
	if m.project == "" || number.Int() <= 0 {
		return ""
	}
	return m.project + "/" + kind + "/" + number.Text()
}

// positive is a number, or nothing when there is none.
func positive(v source.Value) any {
	if n := v.Int(); n > 0 {
		return n
	}
	return nil
}
