package bitbucket

import (
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// server is a delivery of Bitbucket Data Center being read. Its messages name no host: the hook's settings do.
type server struct {
	batch   *source.Batch
	body    source.Value
	host    string
	project string
	actor   source.Actor
	at      time.Time
}

func translateServer(d source.Delivery, body source.Value) ([]ingest.Draft, error) {
	m := &server{batch: source.NewBatch(Tool, d, body), body: body, at: body.At("date").Time()}
	event := source.First(body.At("eventKey")).Text()
	if event == "" {
		event = d.Event
	}
	repo := source.First(body.At("repository"), body.At("pullRequest", "toRef", "repository"), body.At("new"))
	if secrets := body.At("secretLocations").List(); !repo.Exists() && len(secrets) > 0 { // each place says which repository it is in: the one pushed to
		repo = secrets[0].At("repository")
	}
	m.host = hostOf(d.Host)
	for _, link := range []source.Value{source.First(repo.At("links", "self").List()...), source.First(body.At("pullRequest", "links", "self").List()...), source.First(body.At("actor", "links", "self").List()...)} {
		if host := git.Host(link.At("href").Text()); m.host == "" {
			m.host = host
		}
	}
	m.project = m.repository(repo)
	m.actor = m.account(body.At("actor"))
	if strings.HasPrefix(event, "pr:") {
		m.pullRequest(strings.TrimPrefix(event, "pr:"))
	} else {
		m.other(event, repo)
	}
	return m.batch.All()
}

// hostOf reads the setting, which may be an address.
func hostOf(setting string) string {
	if host := git.Host(setting); host != "" {
		return host
	}
	return strings.ToLower(setting)
}

// repository names a repository as its address for cloning over SSH does: host, key of the project in lower case, slug.
func (m *server) repository(repo source.Value) string {
	key, slug := repo.At("project", "key").Text(), repo.At("slug").Text()
	if key == "" || slug == "" {
		return ""
	}
	path := strings.ToLower(key) + "/" + slug
	if m.host == "" {
		return git.Plain("local/"+path, 500)
	}
	return git.Repository("https://" + m.host + "/" + path)
}

// account is the actor of an account: its name at the host, else its address. The numbers of a server mean nothing elsewhere.
func (m *server) account(user source.Value) source.Actor {
	login := source.First(user.At("slug"), user.At("name")).Text()
	actor := source.Actor{Identity: source.LoginAt(m.host, login)}
	if !actor.Identity.Known() {
		actor.Identity = source.Email(user.At("emailAddress").Text())
	}
	actor.Bot = user.At("type").Text() == "SERVICE"
	return actor.Named(source.First(user.At("name"), user.At("slug")).Text(), user.At("displayName").Text())
}

func (m *server) fact(name string, properties source.Properties) source.Fact {
	return source.Fact{Name: name, At: m.at, Actor: m.actor, Project: m.project, Properties: properties}
}

// commentVerbs are the ends of the keys of comments.
var commentVerbs = map[string]string{"comment:added": "created", "comment:deleted": "deleted", "comment:edited": "edited"}

func (m *server) other(event string, repo source.Value) {
	b := m.body
	if verb, ok := commentVerbs[strings.TrimPrefix(event, "repo:")]; ok && strings.HasPrefix(event, "repo:") {
		m.batch.Add(m.fact("comment."+verb, source.Properties{"on": "commit", "commit": b.At("commit").Text()}))
		return
	}
	switch event {
	case "repo:refs_changed":
		m.refsChanged()
	case "repo:forked":
		origin := m.repository(repo.At("origin"))
		f := m.fact("repository.forked", source.Properties{"fork": m.project})
		if origin != "" {
			f.Project = origin
		}
		m.batch.Add(f)
	case "repo:modified":
		f := m.fact("repository.edited", source.Properties{"new_name": b.At("new", "name").Text(), "old_name": b.At("old", "name").Text()})
		m.batch.Add(f)
	case "repo:secret_detected":
		m.batch.Add(m.fact("secret_scanning_alert.created", nil))
	case "proj:modified", "project:modified":
		m.batch.Add(m.fact("repository_project.edited", source.Properties{"name": b.At("new", "key").Text(), "old_name": b.At("old", "key").Text()}))
	case "mirror:repo_synchronized":
		m.batch.Add(m.fact("repository.mirrored", source.Properties{"mirror": b.At("mirrorServer", "name").Text(), "kind": b.At("syncType").Text()}))
	case "diagnostics:ping":
		m.batch.Add(m.fact("webhook.pinged", nil))
	}
	if event == "" && b.At("test").True() {
		m.batch.Add(m.fact("webhook.pinged", nil))
	}
}

func (m *server) refsChanged() {
	changes := m.body.At("changes").List()
	for _, change := range changes {
		id := source.First(change.At("refId"), change.At("ref", "id")).Text()
		kind, name := source.SplitRef(id)
		p := source.Push{
			Project: m.project, Kind: kind, Name: name, Before: change.At("fromHash").Text(), After: change.At("toHash").Text(), At: m.at, Actor: m.actor, Original: change,
		}
		newest, list := m.body.At("toCommit"), m.body.At("commits")
		if len(changes) == 1 && list.Exists() { // of several changes it is not told which commit is whose
			listed := list.List() // an empty list is whole: the branch was set back, or made of commits that were there
			for _, c := range listed {
				p.Commits = append(p.Commits, m.commit(c, id))
			}
			p.Cut = len(listed) >= listLimit && goesOn(listed, p.Before)
		} else if newest.At("id").Text() == p.After && p.After != "" {
			p.Commits = append(p.Commits, m.commit(newest, id)) // the newest alone; how many there are is not told
			p.Cut = !source.IsZero(p.Before) && goesOn([]source.Value{newest}, p.Before)
		}
		m.batch.Push(p)
	}
}

// listLimit is how many commits a server lists unless it is set up otherwise. It lists the newest, and does not tell how many there are.
const listLimit = 5

// goesOn tells whether listed commits come from one that is neither listed nor where the reference was before: a list that was cut ends so. One that
// was not may, when it forked from an older commit, as a new branch does: that its length is not believed then is the smaller mistake. A merge has
// where the reference was among its parents, however many of the commits that it brings are listed.
func goesOn(listed []source.Value, before string) bool {
	known := map[string]bool{before: true}
	for _, c := range listed {
		known[c.At("id").Text()] = true
	}
	for _, c := range listed {
		parents := c.At("parents")
		if !parents.Exists() {
			return true // a commit without parents has an empty list
		}
		for _, parent := range parents.List() {
			if !known[parent.At("id").Text()] {
				return true
			}
		}
	}
	return false
}

func (m *server) commit(c source.Value, ref string) source.Commit {
	author, committer := c.At("author"), c.At("committer")
	return source.Commit{
		Project: m.project, SHA: c.At("id").Text(), Ref: ref, Message: c.At("message").Text(), At: c.At("authorTimestamp").Time(),
		Author:        source.Actor{Identity: source.Email(author.At("emailAddress").Text())}.Named(author.At("slug").Text(), source.First(author.At("displayName"), author.At("name")).Text()).Written(),
		CommitterName: committer.At("name").Text(), CommitterEmail: committer.At("emailAddress").Text(), Parents: c.At("parents").Len(), Original: c,
	}
}

// serverVerbs are the events of pull requests of Data Center, without the prefix.
var serverVerbs = map[string]string{
	"declined": "closed", "deleted": "deleted", "from_ref_updated": "synchronized", "merged": "merged", "modified": "edited", "opened": "opened", "reopened": "reopened",
	"reviewer:approved": "reviewed", "reviewer:changes_requested": "reviewed", "reviewer:needs_work": "reviewed", "reviewer:unapproved": "review_withdrawn",
	"reviewer:updated": "review_requested", "to_ref_updated": "edited",
}

// reviews are the words for what a reviewer said.
var reviews = map[string]string{"reviewer:approved": "approved", "reviewer:changes_requested": "changes_requested", "reviewer:needs_work": "changes_requested"}

func (m *server) pullRequest(event string) {
	pr := m.body.At("pullRequest")
	from, to := pr.At("fromRef"), pr.At("toRef")
	properties := source.Properties{
		"number": positive(pr.At("id")), "title": pr.At("title").Text(), "state": strings.ToLower(pr.At("state").Text()), "draft": pr.At("draft").True(), "author": pr.At("author", "user", "name").Text(),
		"source_branch": from.At("displayId").Text(), "target_branch": to.At("displayId").Text(), "head": from.At("latestCommit").Text(), "base": to.At("latestCommit").Text(),
		"before": m.body.At("previousFromHash").Text(), "review": reviews[event],
	}
	if fork := m.repository(from.At("repository")); fork != m.project {
		properties["source_project"] = fork
	}
	verb, ok := serverVerbs[event]
	name := "pull_request." + verb
	if comment, found := commentVerbs[event]; found {
		name, ok = "comment."+comment, true
		properties["on"] = "pull_request"
	}
	if !ok {
		return
	}
	if event == "reviewer:updated" && m.body.At("addedReviewers").Len() == 0 && m.body.At("removedReviewers").Len() > 0 {
		name = "pull_request.review_request_removed"
	}
	if verb == "merged" {
		properties["merged"], properties["merge_commit"] = true, pr.At("properties", "mergeCommit", "id").Text()
	}
	f := m.fact(name, properties)
	if id := pr.At("id").Text(); m.project != "" && id != "" {
		f.Session = m.project + "/pull-requests/" + id
	}
	m.batch.Add(f)
}
