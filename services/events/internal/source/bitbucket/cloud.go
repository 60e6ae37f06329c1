package bitbucket

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// cloud is a delivery of Bitbucket Cloud being read.
type cloud struct {
	batch   *source.Batch
	body    source.Value
	project string
	actor   source.Actor
}

func translateCloud(d source.Delivery, body source.Value) ([]ingest.Draft, error) {
	m := &cloud{batch: source.NewBatch(Tool, d, body), body: body, project: cloudProject(body.At("repository")), actor: cloudActor(body.At("actor"))}
	group, event, _ := strings.Cut(d.Event, ":")
	switch group {
	case "repo":
		m.repo(event)
	case "issue":
		m.issue(event)
	case "pullrequest":
		m.pullRequest(event)
	case "pipeline":
		if event == "span_created" {
			m.pipelineSpans()
		}
	case "project":
		if event == "updated" {
			m.batch.Add(m.fact("repository_project.edited", time.Time{}, source.Properties{"name": body.At("project", "key").Text()}))
		}
	}
	return m.batch.All()
}

// cloudProject is the canonical name of a repository.
func cloudProject(repo source.Value) string {
	if name := repo.At("full_name").Text(); name != "" {
		return repositoryOf(name)
	}
	return git.Repository(repo.At("links", "html", "href").Text())
}

func repositoryOf(fullName string) string {
	return git.Repository("https://" + cloudHost + "/" + fullName)
}

// cloudActor is the actor of an account: its UUID, which every account has, else Atlassian's id.
func cloudActor(user source.Value) source.Actor {
	var actor source.Actor
	if id, err := uuid.Parse(strings.Trim(user.At("uuid").Text(), "{}")); err == nil {
		actor.Identity = events.Identity{Kind: source.BitbucketAccount, Value: id.String()}
	} else if id := user.At("account_id").Text(); isAccountID(id) {
		actor.Identity = events.Identity{Kind: source.BitbucketAccount, Value: id}
	}
	kind := user.At("type").Text()
	actor.Bot = kind == "app_user" || kind == "AppUser"
	return actor.Named(source.First(user.At("nickname"), user.At("username")).Text(), user.At("display_name").Text())
}

func isAccountID(id string) bool {
	return id != "" && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(":_-", r)
	})
}

// fact starts a fact by the actor in the repository.
func (m *cloud) fact(name string, at time.Time, properties source.Properties) source.Fact {
	return source.Fact{Name: name, At: at, Actor: m.actor, Project: m.project, Properties: properties}
}

func (m *cloud) repo(event string) {
	b := m.body
	switch event {
	case "push":
		m.push()
	case "fork":
		m.batch.Add(m.fact("repository.forked", b.At("fork", "created_on").Time(), source.Properties{"fork": cloudProject(b.At("fork"))}))
	case "created":
		m.batch.Add(m.fact("repository.created", b.At("repository", "created_on").Time(), nil))
	case "deleted":
		m.batch.Add(m.fact("repository.deleted", time.Time{}, nil))
	case "imported":
		m.batch.Add(m.fact("repository.imported", time.Time{}, nil))
	case "transfer":
		m.batch.Add(m.fact("repository.transferred", time.Time{}, source.Properties{"from": b.At("previous_workspace", "slug").Text()}))
	case "updated":
		m.batch.Add(m.fact("repository.edited", time.Time{}, source.Properties{"new_name": b.At("changes", "full_name", "new").Text(), "old_name": b.At("changes", "full_name", "old").Text()}))
	case "commit_comment_created":
		m.comment("created", "commit", source.Properties{"commit": b.At("commit", "hash").Text()}, "")
	case "commit_status_created", "commit_status_updated":
		m.commitStatus()
	}
}

// commitStatus tells what a CI system says of a commit.
func (m *cloud) commitStatus() {
	status := m.body.At("commit_status")
	commit := source.First(status.At("commit", "hash"), m.body.At("commit", "hash")).Text()
	if commit == "" { // an older form names it in an address only
		_, commit, _ = strings.Cut(status.At("links", "commit", "href").Text(), "/commit/")
	}
	f := m.fact("commit_status.reported", source.FirstTime(status.At("updated_on"), status.At("created_on")), source.Properties{
		"context": status.At("key").Text(), "name": status.At("name").Text(), "state": strings.ToLower(status.At("state").Text()), "description": status.At("description").Text(),
		"url": status.At("url").Text(), "commit": commit, "branch": status.At("refname").Text(),
	})
	f.Kind = events.SourceCI
	m.batch.Add(f)
}

func (m *cloud) issue(event string) {
	issue := m.body.At("issue")
	session := ""
	if id := issue.At("id").Text(); m.project != "" && id != "" {
		session = m.project + "/issues/" + id
	}
	properties := source.Properties{
		"number": positive(issue.At("id")), "title": issue.At("title").Text(), "state": source.First(issue.At("state"), m.body.At("changes", "status", "new")).Text(), "type": source.First(issue.At("kind"), issue.At("type")).Text(),
		"priority": issue.At("priority").Text(), "url": issue.At("links", "html", "href").Text(),
	}
	f := m.fact("", time.Time{}, properties)
	f.Session = session
	switch event {
	case "created":
		f.Name, f.At = "issue.opened", issue.At("created_on").Time()
	case "updated":
		f.Name, f.At = "issue."+issueVerb(m.body.At("changes", "status")), issue.At("updated_on").Time()
	case "comment_created":
		m.comment("created", "issue", properties, session)
		return
	default:
		return
	}
	m.batch.Add(f)
}

// issueVerb is the word for what an update did to the issue's state, if it did. From one way to be settled to another it only changes.
func issueVerb(status source.Value) string {
	before, after := isSettled(status.At("old").Text()), isSettled(status.At("new").Text())
	switch {
	case after && !before:
		return "closed"
	case before && !after && status.At("new").Text() != "":
		return "reopened"
	}
	return "edited"
}

func isSettled(status string) bool {
	switch strings.ToLower(status) {
	case "resolved", "closed", "invalid", "duplicate", "wontfix":
		return true
	}
	return false
}

func (m *cloud) comment(verb, on string, properties source.Properties, session string) {
	comment := m.body.At("comment")
	at := source.FirstTime(comment.At("created_on"))
	if verb != "created" {
		at = source.FirstTime(comment.At("updated_on"))
	}
	switch verb {
	case "deleted":
		at = time.Time{}
	case "resolved": // that changes the thread and not the comment
		at = source.FirstTime(comment.At("resolution", "created_on"), comment.At("updated_on"))
	}
	f := m.fact("comment."+verb, at, properties.With(source.Properties{"on": on, "path": comment.At("inline", "path").Text(), "url": comment.At("links", "html", "href").Text()}))
	f.Session = session
	m.batch.Add(f)
}

// pullRequestVerbs are the events of pull requests; those of comments stand apart.
var pullRequestVerbs = map[string]string{
	"approved": "reviewed", "changes_request_created": "reviewed", "changes_request_removed": "review_withdrawn", "created": "opened", "fulfilled": "merged",
	"push": "synchronized", "rejected": "closed", "unapproved": "review_withdrawn", "updated": "edited",
}

func (m *cloud) pullRequest(event string) {
	pr := m.body.At("pullrequest")
	from, target := pr.At("source"), pr.At("destination")
	properties := source.Properties{
		"number": positive(pr.At("id")), "title": pr.At("title").Text(), "state": strings.ToLower(pr.At("state").Text()), "author": source.First(pr.At("author", "nickname"), pr.At("author", "display_name")).Text(),
		"source_branch": from.At("branch", "name").Text(), "target_branch": target.At("branch", "name").Text(), "head": from.At("commit", "hash").Text(), "base": target.At("commit", "hash").Text(),
		"draft": pr.At("draft").True(), "url": pr.At("links", "html", "href").Text(),
	}
	if fork := cloudProject(from.At("repository")); fork != m.project {
		properties["source_project"] = fork
	}
	session := ""
	if id := pr.At("id").Text(); m.project != "" && id != "" {
		session = m.project + "/pull-requests/" + id
	}
	if verb, ok := map[string]string{
		"comment_created": "created", "comment_deleted": "deleted", "comment_reopened": "reopened", "comment_resolved": "resolved", "comment_updated": "edited",
	}[event]; ok {
		m.comment(verb, "pull_request", properties, session)
		return
	}
	verb, ok := pullRequestVerbs[event]
	if !ok {
		return
	}
	at := source.FirstTime(pr.At("updated_on"), pr.At("created_on"))
	switch event {
	case "created":
		at = source.FirstTime(pr.At("created_on"))
	case "approved", "unapproved":
		at = source.FirstTime(m.body.At("approval", "date"), pr.At("updated_on"))
	case "changes_request_created", "changes_request_removed":
		at = source.FirstTime(m.body.At("changes_request", "date"), pr.At("updated_on"))
	case "fulfilled":
		properties["merge_commit"], properties["merged"] = pr.At("merge_commit", "hash").Text(), true
	case "rejected":
		properties["reason"] = pr.At("reason").Text()
	}
	if verb == "reviewed" {
		properties["review"] = map[string]string{"approved": "approved", "changes_request_created": "changes_requested"}[event]
	}
	f := m.fact("pull_request."+verb, at, properties)
	f.Session = session
	m.batch.Add(f)
}
