package gitlab

import (
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// mergeRequestVerbs are the actions of merge requests. Older payloads have none where something is edited.
var mergeRequestVerbs = map[string]string{
	"": "edited", "approval": "reviewed", "approved": "reviewed", "close": "closed", "merge": "merged", "open": "opened", "reopen": "reopened",
	"unapproval": "review_withdrawn", "unapproved": "review_withdrawn", "update": "edited",
}

func (m *message) mergeRequest() {
	verb, ok := mergeRequestVerbs[m.action()]
	if !ok {
		return
	}
	properties := m.describe().With(source.Properties{
		"draft": m.attrs.At("draft").True() || m.attrs.At("work_in_progress").True(), "source_branch": m.attrs.At("source_branch").Text(), "target_branch": m.attrs.At("target_branch").Text(),
		"head": m.attrs.At("last_commit", "id").Text(), "merge_commit": m.attrs.At("merge_commit_sha").Text(), "merged": verb == "merged",
		"before": m.attrs.At("oldrev").Text(), "system": m.attrs.At("system").True(), "system_action": m.attrs.At("system_action").Text(),
	})
	if fork := git.Repository(m.attrs.At("source", "web_url").Text()); fork != git.Repository(m.attrs.At("target", "web_url").Text()) {
		properties["source_project"] = fork
	}
	switch verb {
	case "reviewed":
		properties["review"] = "approved"
	case "edited":
		if source.IsSHA(m.attrs.At("oldrev").Text()) {
			verb = "synchronized" // new commits
		}
	}
	f := m.fact("pull_request."+verb, m.moment(), properties)
	f.Session = m.session("merge_requests", m.attrs.At("iid"))
	m.batch.Add(f)
}

// issueVerbs are the actions of issues and other work items.
var issueVerbs = map[string]string{"": "edited", "close": "closed", "open": "opened", "reopen": "reopened", "update": "edited", "delete": "deleted"}

func (m *message) issue() {
	verb, ok := issueVerbs[m.action()]
	if !ok {
		return
	}
	f := m.fact("issue."+verb, m.moment(), m.describe().With(source.Properties{
		"type": m.attrs.At("type").Text(), "severity": m.attrs.At("severity").Text(), "confidential": m.attrs.At("confidential").True(),
	}))
	f.Session = m.session("issues", m.attrs.At("iid"))
	m.batch.Add(f)
}

// describe is what questions ask of an issue or merge request.
func (m *message) describe() source.Properties {
	var labels []string
	for _, label := range m.body.At("labels").List() {
		labels = append(labels, label.At("title").Text())
	}
	var assignees []string
	for _, assignee := range m.body.At("assignees").List() {
		assignees = append(assignees, assignee.At("username").Text())
	}
	return source.Properties{
		"number": positive(m.attrs.At("iid")), "title": m.attrs.At("title").Text(), "state": m.attrs.At("state").Text(), "url": m.attrs.At("url").Text(),
		"labels": labels, "assignees": assignees, "author_id": positive(m.attrs.At("author_id")),
	}
}

// positive is a number, or nothing when there is none.
func positive(v source.Value) any {
	if n := v.Int(); n > 0 {
		return n
	}
	return nil
}

// commented are what comments are about.
var commented = map[string]string{"Commit": "commit", "DesignManagement::Design": "design", "Epic": "epic", "Issue": "issue", "MergeRequest": "pull_request", "Snippet": "snippet", "ProjectSnippet": "snippet", "WorkItem": "issue"}

func (m *message) note() {
	verb, ok := map[string]string{"": "created", "create": "created", "update": "edited"}[m.action()]
	if !ok {
		return
	}
	on := m.attrs.At("noteable_type").Text() //nolint:misspell // GitLab's word
	if word, ok := commented[on]; ok {
		on = word
	} else {
		on = strings.ToLower(on)
	}
	request, issue := m.body.At("merge_request"), m.body.At("issue")
	at := source.FirstTime(m.attrs.At("created_at"))
	if verb == "edited" {
		at = source.FirstTime(m.attrs.At("updated_at"))
	}
	f := m.fact("comment."+verb, at, source.Properties{
		"on": on, "number": positive(source.First(request.At("iid"), issue.At("iid"))), "title": source.First(request.At("title"), issue.At("title"), m.body.At("snippet", "title")).Text(),
		"commit": source.First(m.attrs.At("commit_id"), m.body.At("commit", "id")).Text(), "url": m.attrs.At("url").Text(), "system": m.attrs.At("system").True(),
	})
	f.Session = m.session("merge_requests", request.At("iid"))
	if f.Session == "" {
		f.Session = m.session("issues", issue.At("iid"))
	}
	m.batch.Add(f)
}

func (m *message) wikiPage() {
	verb, ok := map[string]string{"create": "created", "delete": "deleted", "update": "edited"}[m.action()]
	if !ok {
		return
	}
	m.batch.Add(m.fact("wiki_page."+verb, time.Time{}, source.Properties{"title": m.attrs.At("title").Text(), "url": m.attrs.At("url").Text()}))
}

func (m *message) milestone() {
	verb, ok := map[string]string{"close": "closed", "create": "created", "delete": "deleted", "reopen": "opened", "update": "edited"}[m.action()]
	if !ok {
		return
	}
	m.batch.Add(m.fact("milestone."+verb, m.moment(), source.Properties{"title": m.attrs.At("title").Text(), "state": m.attrs.At("state").Text()}))
}

// release tells of a release. GitLab does not tell who made it: the author of its commit need not be.
func (m *message) release() {
	verb, ok := map[string]string{"create": "published", "delete": "deleted", "update": "edited"}[m.action()]
	if !ok {
		return
	}
	at := source.FirstTime(m.body.At("released_at"), m.body.At("created_at"))
	if verb != "published" {
		at = time.Time{}
	}
	m.batch.Add(m.fact("release."+verb, at, source.Properties{
		"tag": m.body.At("tag").Text(), "name": m.body.At("name").Text(), "url": m.body.At("url").Text(), "commit": m.body.At("commit", "id").Text(),
		"commit_author": m.body.At("commit", "author", "name").Text(),
	}))
}

func (m *message) emoji() {
	verb, ok := map[string]string{"award": "created", "revoke": "deleted"}[source.First(m.attrs.At("action"), m.body.At("event_type")).Text()]
	if !ok {
		return
	}
	at := m.attrs.At("created_at").Time()
	if verb == "deleted" { // nothing changes an emoji before it goes: its last change is its award
		at = time.Time{}
	}
	m.batch.Add(m.fact("reaction."+verb, at, source.Properties{"name": m.attrs.At("name").Text(), "on": strings.ToLower(m.attrs.At("awardable_type").Text()), "url": m.attrs.At("awarded_on_url").Text()}))
}

func (m *message) featureFlag() {
	m.batch.Add(m.fact("feature_flag.changed", time.Time{}, source.Properties{"name": m.attrs.At("name").Text(), "active": m.attrs.At("active").True()}))
}

// token tells that a token is about to end. The user is a bot's or nobody.
func (m *message) token() {
	m.batch.Add(m.fact("access_token.expiring", time.Time{}, source.Properties{"name": m.attrs.At("name").Text(), "expires_at": m.attrs.At("expires_at").Text()}))
}
