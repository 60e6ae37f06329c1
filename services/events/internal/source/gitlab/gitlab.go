// Package gitlab translates deliveries of GitLab's project, group and system hooks into drafts of events.
// It is a pure function between internal/hook, which has verified the delivery, and internal/ingest.
package gitlab

import (
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// Tool is the name of this source, and ci that of its pipelines.
const (
	Tool = "gitlab"
	ci   = "gitlab-ci"
)

// publicHost is the instance whose account ids need no host.
const publicHost = "gitlab.com"

// Translate makes drafts of a delivery. What kind it is stands in the body. A kind or action that is not known makes none.
// The error says that the body is not a JSON object, or that its events take too much memory.
func Translate(d source.Delivery) ([]ingest.Draft, error) {
	body, err := source.Parse(d.Body)
	if err != nil {
		return nil, err
	}
	m := newMessage(d, body)
	if tell, ok := kinds[m.kind]; ok {
		tell(m)
	} else if tell, ok := people[m.kind]; ok {
		m.person(tell)
	} else if name, ok := places[m.kind]; ok {
		m.place(name)
	}
	return m.batch.All()
}

// kinds are the deliveries about work, by object_kind.
var kinds = map[string]func(*message){
	"access_token":                         (*message).token,
	"build":                                (*message).job,
	"deploy_token":                         (*message).token,
	"deployment":                           (*message).deployment,
	"emoji":                                (*message).emoji,
	"feature_flag":                         (*message).featureFlag,
	"gitlab_subscription_member_approval":  (*message).approval,
	"gitlab_subscription_member_approvals": (*message).approval,
	"issue":                                (*message).issue,
	"merge_request":                        (*message).mergeRequest,
	"milestone":                            (*message).milestone,
	"note":                                 (*message).note,
	"pipeline":                             (*message).pipeline,
	"push":                                 (*message).push,
	"release":                              (*message).release,
	"repository_update":                    (*message).repositoryUpdate,
	"tag_push":                             (*message).push,
	"vulnerability":                        (*message).vulnerability,
	"wiki_page":                            (*message).wikiPage,
	"work_item":                            (*message).issue,
}

// message is a delivery being read.
type message struct {
	batch   *source.Batch
	body    source.Value
	attrs   source.Value // object_attributes
	kind    string
	host    string
	project string
	user    source.Actor
}

func newMessage(d source.Delivery, body source.Value) *message {
	m := &message{batch: source.NewBatch(Tool, d, body), body: body, attrs: body.At("object_attributes")}
	m.kind = source.First(body.At("object_kind"), body.At("event_name"), body.At("event_type")).Text()
	if m.kind == "job" {
		m.kind = "build"
	}
	project, repository := body.At("project"), body.At("repository")
	for _, address := range []source.Value{
		project.At("git_http_url"), project.At("web_url"), project.At("http_url"), project.At("homepage"), repository.At("git_http_url"), repository.At("homepage"), project.At("url"), repository.At("url"), m.attrs.At("target", "web_url"),
	} {
		if m.project = git.Repository(address.Text()); m.project != "" {
			m.host = git.Host(address.Text())
			break
		}
	}
	if m.host == "" {
		m.host = git.Host(d.Host)
	}
	if m.host == "" {
		m.host = strings.ToLower(d.Host)
	}
	if path := source.First(project.At("path_with_namespace"), body.At("path_with_namespace"), body.At("project_path_with_namespace")); m.project == "" && m.host != "" && path.Exists() {
		m.project = git.Repository("https://" + m.host + "/" + path.Text())
	}
	m.user = m.account(body.At("user"))
	return m
}

// isGhost tells the account that stands for all whose own was deleted. An instance has it under the first login of this kind that was free, and
// under a name of its own: somebody else may be called ghost.
func isGhost(username, name string) bool {
	number, found := strings.CutPrefix(username, "ghost")
	return found && strings.Trim(number, "0123456789") == "" && name == "Ghost User"
}

// account is the actor of an account: its number, or its login when an older GitLab does not tell the number.
func (m *message) account(user source.Value) source.Actor {
	return m.identified(user.At("id").Int(), user.At("username").Text(), user.At("name").Text())
}

func (m *message) identified(id int64, username, name string) source.Actor {
	if isGhost(username, name) {
		return source.Actor{}.Named(username, name)
	}
	actor := source.Actor{Identity: source.Account(source.GitLabAccount, id)}
	switch {
	case m.host == "": // the number of an account means nothing without its instance: here it would be that of somebody at gitlab.com
		actor.Identity = events.Identity{}
	case actor.Identity.Known() && m.host != publicHost:
		actor.Identity.Value = m.host + "/" + actor.Identity.Value
	}
	if !actor.Identity.Known() {
		actor.Identity = source.LoginAt(m.host, username)
	}
	actor.Bot = isBot(username)
	return actor.Named(username, name)
}

// isBot tells the accounts of tokens and services: GitLab names them so.
func isBot(username string) bool {
	for _, prefix := range []string{"project_", "group_"} {
		if rest, ok := strings.CutPrefix(username, prefix); ok && strings.Contains(rest, "_bot") {
			return true
		}
	}
	return strings.HasSuffix(strings.ToLower(username), "-bot") || strings.HasPrefix(username, "service_account_") || username == "GitLabDuo"
}

// fact starts a fact by the user in the project.
func (m *message) fact(name string, at time.Time, properties source.Properties) source.Fact {
	return source.Fact{Name: name, At: at, Actor: m.user, Project: m.project, Properties: properties.With(source.Properties{"action": m.action()})}
}

// fromCI says that a fact comes from a pipeline.
func fromCI(f source.Fact) source.Fact {
	f.Kind, f.Tool = events.SourceCI, ci
	return f
}

// action is what was done to the object.
func (m *message) action() string {
	return source.First(m.attrs.At("action"), m.body.At("action")).Text()
}

// session names a conversation or run in the project.
func (m *message) session(kind string, number source.Value) string {
	if m.project == "" || number.Int() <= 0 {
		return ""
	}
	return m.project + "/-/" + kind + "/" + number.Text()
}

// moment is when the object was made or, for other actions, last changed.
func (m *message) moment() time.Time {
	switch m.action() {
	case "open", "create":
		return source.FirstTime(m.attrs.At("created_at"), m.attrs.At("updated_at"))
	case "close":
		return source.FirstTime(m.attrs.At("closed_at"), m.attrs.At("updated_at"))
	case "merge":
		return source.FirstTime(m.attrs.At("merged_at"), m.attrs.At("updated_at"))
	case "delete":
		return time.Time{}
	}
	return source.FirstTime(m.attrs.At("updated_at"), m.attrs.At("created_at"))
}
