package gitlab

import (
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// push tells of commits and of a branch or tag. The time of a push is not told.
func (m *message) push() {
	ref := m.body.At("ref").Text()
	kind, name := source.SplitRef(ref)
	p := source.Push{
		Project: m.project, Kind: kind, Name: name, Before: m.body.At("before").Text(), After: m.body.At("after").Text(),
		Actor:      m.identified(m.body.At("user_id").Int(), m.body.At("user_username").Text(), m.body.At("user_name").Text()),
		Total:      int(min(m.body.At("total_commits_count").Int(), 1<<31)),
		Properties: source.Properties{"message": git.Subject(m.body.At("message").Text()), "checkout": m.body.At("checkout_sha").Text()},
	}
	for _, c := range m.body.At("commits").List() {
		p.Commits = append(p.Commits, source.Commit{
			Project: m.project, SHA: c.At("id").Text(), Ref: ref, Message: c.At("message").Text(), At: c.At("timestamp").Time(), Author: author(c.At("author")),
			Added: c.At("added").Texts(), Modified: c.At("modified").Texts(), Removed: c.At("removed").Texts(), Paths: c.Has("added") || c.Has("modified"),
			URL: c.At("url").Text(), Original: c,
		})
	}
	m.batch.Push(p)
}

// author is the author of a commit. The account of a token or service writes under an address of the instance that its name stands in.
func author(v source.Value) source.Actor {
	actor := source.Author(v)
	username, host, _ := strings.Cut(actor.Identity.Value, "@")
	actor.Bot = actor.Bot || strings.HasPrefix(host, "noreply.") && isBot(username)
	return actor
}

// repositoryUpdate is a system hook that comes besides those of the pushes it sums up.
func (m *message) repositoryUpdate() {
	f := m.fact("repository.updated", time.Time{}, source.Properties{"refs": m.body.At("refs").Texts()})
	f.Actor = m.identified(m.body.At("user_id").Int(), m.body.At("user_username").Text(), m.body.At("user_name").Text())
	m.batch.Add(f)
}
