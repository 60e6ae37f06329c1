package gitea

import (
	"strconv"
	"time"

	"devtrail.dev/services/events/internal/source"
)

// push tells of commits and of a branch or tag. Gitea lists few commits and tells the real count; the time of the push is not told.
func (m *message) push() {
	ref := m.body.At("ref").Text()
	kind, name := source.SplitRef(ref)
	p := source.Push{
		Project: m.project, Kind: kind, Name: name, Before: m.body.At("before").Text(), After: m.body.At("after").Text(), Actor: m.account(m.body.At("pusher")),
		Total: int(min(m.body.At("total_commits").Int(), 1<<31)), Twice: m.twice(),
		Properties: source.Properties{"compare": source.First(m.body.At("compare_url"), m.body.At("compare")).Text()},
	}
	if !p.Actor.Identity.Known() {
		p.Actor = m.sender
	}
	for _, c := range m.body.At("commits").List() {
		p.Commits = append(p.Commits, source.Commit{
			Project: m.project, SHA: c.At("id").Text(), Ref: ref, Message: c.At("message").Text(), At: c.At("timestamp").Time(), Author: source.Author(c.At("author")),
			CommitterName: c.At("committer", "name").Text(), CommitterEmail: c.At("committer", "email").Text(),
			Added: c.At("added").Texts(), Modified: c.At("modified").Texts(), Removed: c.At("removed").Texts(), Paths: c.At("added").Exists() || c.At("modified").Exists() || c.At("removed").Exists(),
			URL: c.At("url").Text(), Original: c,
		})
	}
	if p.Total == 0 && len(p.Commits) >= feedLimit && !source.IsZero(p.Before) {
		p.Cut = true // an old server that does not tell the count has listed as many as it ever does
	}
	m.batch.Push(p)
}

// feedLimit is how many commits a server lists unless it is set up otherwise.
const feedLimit = 5

// twice is what a push has in common with the create or delete event of the same reference, which comes besides: both are written from one
// state of the repository.
func (m *message) twice() string {
	at := m.body.At("repository", "updated_at").Time()
	if m.project == "" || at.IsZero() {
		return ""
	}
	return strconv.FormatInt(at.Unix(), 10)
}

func (m *message) refCreated() { m.reference("created") }

func (m *message) refDeleted() { m.reference("deleted") }

func (m *message) reference(verb string) {
	kind, ref := m.body.At("ref_type").Text(), m.body.At("ref").Text()
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
	f := m.fact(kind+"."+verb, time.Time{}, source.Properties{"ref": full, kind: ref, "after": m.body.At("sha").Text(), "pusher_type": m.body.At("pusher_type").Text()})
	if twice := m.twice(); twice != "" {
		f.ID = source.ContentID(m.tool, m.project, f.Name, ref, twice)
	}
	m.batch.Add(f)
}
