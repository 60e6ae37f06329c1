package github

import (
	"strconv"
	"time"

	"devtrail.dev/services/events/internal/source"
)

// push tells of commits and of a branch or tag.
func (m *message) push() {
	ref := m.body.At("ref").Text()
	kind, name := source.SplitRef(ref)
	p := source.Push{
		Project: m.project, Kind: kind, Name: name, Before: m.body.At("before").Text(), After: m.body.At("after").Text(),
		Forced: m.body.At("forced").True(), At: m.pushedAt(), Actor: m.pusher(), Twice: m.twice(),
		Properties: source.Properties{"compare": m.body.At("compare").Text(), "pusher": m.body.At("pusher", "name").Text()},
	}
	if m.body.At("deleted").True() {
		p.After = ""
	}
	if m.body.At("created").True() {
		p.Before = ""
	}
	for _, c := range m.body.At("commits").List() {
		p.Commits = append(p.Commits, m.commit(c, ref))
	}
	switch size := m.body.At("size").Int(); {
	case size > int64(len(p.Commits)):
		p.Total = int(min(size, 1<<31))
	case size == 0 && len(p.Commits) >= listLimit: // webhooks tell no count: as many are listed as ever are
		p.Cut = true
	}
	if head := m.body.At("head_commit"); len(p.Commits) == 0 && source.IsSHA(head.At("id").Text()) && kind == source.Branch && !source.IsZero(p.Before) && !isRewind(p) {
		p.Commits = append(p.Commits, m.commit(head, ref)) // a list that was dropped for its length leaves the newest commit
		p.Cut = true
	}
	m.batch.Push(p)
}

// listLimit is how many commits GitHub lists at most.
const listLimit = 2048

// isRewind tells whether a forced push without commits set a branch back to a commit that it had before: nothing was left out of its list then,
// unless a count says so.
func isRewind(p source.Push) bool { return p.Forced && p.Total == 0 }

func (m *message) commit(c source.Value, ref string) source.Commit {
	return source.Commit{
		Project: m.project, SHA: c.At("id").Text(), Ref: ref, Message: c.At("message").Text(), At: c.At("timestamp").Time(), Author: source.Author(c.At("author")),
		CommitterName: c.At("committer", "name").Text(), CommitterEmail: c.At("committer", "email").Text(),
		Added: c.At("added").Texts(), Modified: c.At("modified").Texts(), Removed: c.At("removed").Texts(), Paths: true,
		URL: c.At("url").Text(), Original: c,
	}
}

// pusher is the sender; a deploy key has no account, and pushes by its name alone.
func (m *message) pusher() source.Actor {
	if m.sender.Identity.Known() {
		return m.sender
	}
	return source.Author(m.body.At("pusher"))
}

// pushedAt is when the repository was last pushed to: this push.
func (m *message) pushedAt() time.Time { return m.body.At("repository", "pushed_at").Time() }

// twice is what a push has in common with the create or delete event of the same reference, which GitHub sends besides.
func (m *message) twice() string {
	at := m.pushedAt()
	if m.project == "" || at.IsZero() {
		return ""
	}
	return strconv.FormatInt(at.Unix(), 10)
}

func (m *message) refCreated() { m.reference("created") }

func (m *message) refDeleted() { m.reference("deleted") }

// reference tells of a new or removed branch or tag by the same id that its push gives it.
func (m *message) reference(verb string) {
	kind, ref := m.body.At("ref_type").Text(), m.body.At("ref").Text()
	if kind == "repository" && verb == "created" {
		m.batch.Add(m.fact("repository.created", m.body.At("repository", "created_at").Time(), nil))
		return
	}
	if kind != source.Branch && kind != source.Tag {
		return
	}
	if k, short := source.SplitRef(ref); k == kind {
		ref = short
	}
	full := "refs/heads/" + ref
	if kind == source.Tag {
		full = "refs/tags/" + ref
	}
	f := m.fact(kind+"."+verb, m.pushedAt(), source.Properties{"ref": full, kind: ref, "pusher_type": m.body.At("pusher_type").Text()})
	if twice := m.twice(); twice != "" {
		f.ID = source.ContentID(Tool, m.project, f.Name, ref, twice)
	}
	m.batch.Add(f)
}
