package gitea

import (
	"strings"
	"time"

	"devtrail.dev/services/events/internal/source"
)

// verbs are the words for actions on issues and pull requests.
var verbs = map[string]string{
	"assigned": "assigned", "closed": "closed", "deleted": "deleted", "demilestoned": "demilestoned", "edited": "edited", "label_cleared": "unlabeled", "label_updated": "labeled",
	"milestoned": "milestoned", "opened": "opened", "reopened": "reopened", "review_request_removed": "review_request_removed", "review_requested": "review_requested",
	"reviewed": "reviewed", "synchronized": "synchronized", "unassigned": "unassigned",
}

// moment is when an action on an object happened; a deletion has no time.
func (m *message) moment(object source.Value) time.Time {
	switch m.action {
	case "opened", "created":
		return source.FirstTime(object.At("created_at"), object.At("updated_at"))
	case "closed":
		return source.FirstTime(object.At("merged_at"), object.At("closed_at"), object.At("updated_at"))
	case "deleted":
		return time.Time{}
	}
	return source.FirstTime(object.At("updated_at"), object.At("created_at"))
}

func (m *message) issue() {
	verb, ok := verbs[m.action]
	if !ok {
		return
	}
	issue := m.body.At("issue")
	f := m.fact("issue."+verb, m.moment(issue), m.describe(issue))
	f.Session = m.session("issues", m.number(issue))
	m.batch.Add(f)
}

func (m *message) number(object source.Value) source.Value {
	return source.First(object.At("number"), m.body.At("number"), m.body.At("index"))
}

// describe is what questions ask of an issue or pull request.
func (m *message) describe(object source.Value) source.Properties {
	var labels []string
	for _, label := range object.At("labels").List() {
		labels = append(labels, label.At("name").Text())
	}
	p := source.Properties{
		"title": object.At("title").Text(), "state": object.At("state").Text(), "url": object.At("html_url").Text(), "author": source.First(object.At("user", "login"), object.At("user", "username")).Text(),
		"labels": labels, "milestone": object.At("milestone", "title").Text(), "assignee": object.At("assignee", "login").Text(),
	}
	if number := m.number(object); number.Int() > 0 {
		p["number"] = number.Int()
	}
	return p
}

// reviews are the words for what a reviewer said, by the kind of her review.
var reviews = map[string]string{
	"pull_request_approved": "approved", "pull_request_comment": "commented", "pull_request_rejected": "changes_requested", "pull_request_review_approved": "approved",
	"pull_request_review_comment": "commented", "pull_request_review_rejected": "changes_requested",
}

func (m *message) pullRequest() {
	verb, ok := verbs[m.action]
	if !ok {
		return
	}
	pr := m.body.At("pull_request")
	properties := m.describe(pr).With(source.Properties{
		"draft": pr.At("draft").True(), "merged": pr.At("merged").True(), "source_branch": source.First(pr.At("head", "ref"), pr.At("head_branch")).Text(),
		"target_branch": source.First(pr.At("base", "ref"), pr.At("base_branch")).Text(), "head": pr.At("head", "sha").Text(), "base": pr.At("base", "sha").Text(),
		"requested_reviewer": m.body.At("requested_reviewer", "login").Text(),
	})
	if fork := repository(source.First(pr.At("head", "repo"), pr.At("head_repo"))); fork != m.project { // the latter is of Gogs
		properties["source_project"] = fork
	}
	if pr.At("merged").True() {
		properties["merge_commit"] = source.First(pr.At("merge_commit_sha"), pr.At("merged_commit_id")).Text()
		properties["merged_by"] = pr.At("merged_by", "login").Text()
	}
	at := m.moment(pr)
	if review := source.First(m.body.At("review", "type")).Text(); review != "" || verb == "reviewed" {
		if properties["review"] = reviews[review]; properties["review"] == "" {
			properties["review"] = reviews[m.event]
		}
		verb, at = "reviewed", time.Time{} // a review's own time is not told
	}
	if verb == "closed" && pr.At("merged").True() {
		verb = "merged"
	}
	f := m.fact("pull_request."+verb, at, properties)
	f.Session = m.session("pulls", m.number(pr))
	m.batch.Add(f)
}

func (m *message) comment() {
	if m.action == "reviewed" { // a review that only comments comes under the name of a comment
		m.pullRequest()
		return
	}
	verb, ok := map[string]string{"created": "created", "deleted": "deleted", "edited": "edited"}[m.action]
	if !ok {
		return
	}
	comment, about := m.body.At("comment"), source.First(m.body.At("issue"), m.body.At("pull_request"))
	on, kind := "issue", "issues"
	if m.body.At("is_pull").True() || about.At("pull_request").Exists() || m.body.At("pull_request").Exists() {
		on, kind = "pull_request", "pulls"
	}
	f := m.fact("comment."+verb, m.moment(comment), m.describe(about).With(source.Properties{"on": on, "url": comment.At("html_url").Text()}))
	f.Session = m.session(kind, m.number(about))
	m.batch.Add(f)
}

// fork tells of a new fork in the repository that was forked. Gitea and Forgejo call that one the forkee and the fork the repository; Gogs, as
// GitHub, has it the other way round. A Gitea that speaks to a hook of the kind Gogs is known by the fork, which names its parent.
func (m *message) fork() {
	origin, fork := m.body.At("forkee"), m.body.At("repository")
	if parent := repository(fork.At("parent")); m.tool == "gogs" && (parent == "" || parent != repository(origin)) {
		origin, fork = fork, origin
	}
	f := m.fact("repository.forked", fork.At("created_at").Time(), source.Properties{"fork": repository(fork)})
	if project := repository(origin); project != "" {
		f.Project = project
	}
	m.batch.Add(f)
}

func (m *message) repositoryEvent() {
	if m.action != "created" && m.action != "deleted" {
		return
	}
	m.batch.Add(m.fact("repository."+m.action, m.moment(m.body.At("repository")), source.Properties{"organization": m.body.At("organization", "username").Text()}))
}

func (m *message) release() {
	verb, ok := map[string]string{"deleted": "deleted", "published": "published", "updated": "edited"}[m.action]
	if !ok {
		return
	}
	release := m.body.At("release")
	at := time.Time{}
	if verb == "published" {
		at = source.FirstTime(release.At("published_at"), release.At("created_at"))
	}
	m.batch.Add(m.fact("release."+verb, at, source.Properties{
		"tag": release.At("tag_name").Text(), "name": release.At("name").Text(), "draft": release.At("draft").True(), "prerelease": release.At("prerelease").True(),
		"author": release.At("author", "login").Text(), "url": release.At("html_url").Text(),
	}))
}

func (m *message) wiki() {
	if m.action != "created" && m.action != "edited" && m.action != "deleted" {
		return
	}
	m.batch.Add(m.fact("wiki_page."+m.action, time.Time{}, source.Properties{"title": m.body.At("page").Text(), "comment": m.body.At("comment").Text()}))
}

// packagePublished tells of a package in the server's own registry.
func (m *message) packagePublished() {
	verb, ok := map[string]string{"created": "published", "deleted": "deleted"}[m.action]
	if !ok {
		return
	}
	pkg := m.body.At("package")
	name, kind, version := pkg.At("name").Text(), pkg.At("type").Text(), pkg.At("version").Text()
	f := m.fact("package."+verb, m.moment(pkg), source.Properties{
		"package": name, "ecosystem": kind, "version": version, "owner": source.First(pkg.At("owner", "login"), pkg.At("owner", "username")).Text(), "url": pkg.At("html_url").Text(),
	})
	if f.Project == "" {
		f.Project = repository(pkg.At("repository"))
	}
	owner := source.First(pkg.At("owner", "login"), pkg.At("owner", "username")).Text()
	registry := map[string]string(nil)
	if m.host != "" && owner != "" {
		registry = map[string]string{"repository_url": m.host + "/" + owner}
	}
	if strings.EqualFold(kind, "container") && owner != "" {
		name, registry = strings.ToLower(owner+"/"+name), map[string]string{"repository_url": m.host}
	}
	f.Packages = source.Purls(source.PurlWith(kind, mavenName(kind, name), version, registry))
	m.batch.Add(f)
}

// mavenName puts a colon between group and artifact: Gitea writes group:artifact today and wrote group-artifact before, which cannot be told apart.
func mavenName(kind, name string) string {
	if kind != "maven" || strings.Contains(name, ":") {
		return name
	}
	if i := strings.IndexByte(name, '-'); i > 0 && strings.Contains(name[:i], ".") {
		return name[:i] + ":" + name[i+1:]
	}
	return name
}
