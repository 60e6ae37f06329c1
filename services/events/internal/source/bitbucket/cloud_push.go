package bitbucket

import (
	"strings"

	"devtrail.dev/services/events/internal/source"
)

// push tells of the branches and tags that one push changed, once for a delivery's key, which the attempts of one request share. The reference and
// its old and new commits do not tell a push: a branch that is set back may go the same way again, as one that deploys does after a rollback.
// File names are not told, nor is the time of the push.
func (m *cloud) push() {
	for _, change := range m.body.At("push", "changes").List() {
		before, after := change.At("old"), change.At("new")
		ref := source.First(after, before)
		kind := source.Branch
		if strings.Contains(ref.At("type").Text(), "tag") {
			kind = source.Tag
		}
		name := ref.At("name").Text()
		if name == "" {
			continue
		}
		p := source.Push{
			Project: m.project, Kind: kind, Name: name, Before: before.At("target", "hash").Text(), After: after.At("target", "hash").Text(),
			Forced: change.At("forced").True(), Actor: m.actor, Cut: change.At("truncated").True(), Original: change,
			Properties: source.Properties{"compare": change.At("links", "html", "href").Text()},
		}
		for _, c := range change.At("commits").List() {
			p.Commits = append(p.Commits, m.commit(c, kind, name, after.At("target")))
		}
		m.batch.Push(p)
	}
}

func (m *cloud) commit(c source.Value, kind, name string, newest source.Value) source.Commit {
	ref := "refs/heads/" + name
	if kind == source.Tag {
		ref = "refs/tags/" + name
	}
	at := c.At("date").Time()
	if c.At("hash").Text() == newest.At("hash").Text() {
		at = source.FirstTime(c.At("date"), newest.At("date"))
	}
	return source.Commit{
		Project: m.project, SHA: c.At("hash").Text(), Ref: ref, Message: source.First(c.At("message"), c.At("summary", "raw")).Text(), At: at, Author: cloudAuthor(c.At("author")),
		Parents: c.At("parents").Len(), URL: c.At("links", "html", "href").Text(), Original: c,
	}
}

// cloudAuthor is the author of a commit: the address in what Git says of her, else the account that Bitbucket found by it.
func cloudAuthor(author source.Value) source.Actor {
	account := cloudActor(source.First(author.At("user"), author))
	name, address, found := strings.Cut(author.At("raw").Text(), "<")
	if !found {
		return account.Named(account.Login, account.Name, name)
	}
	written := source.Actor{Identity: source.Email(strings.TrimSuffix(strings.TrimSpace(address), ">"))}
	if !written.Identity.Known() {
		return account
	}
	written.Bot = account.Bot
	return written.Named(account.Login, name).Written()
}
