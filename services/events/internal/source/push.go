package source

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/git"
)

// Commit is a commit that a delivery tells of.
type Commit struct {
	Project string
	SHA     string
	// Ref is where it was pushed to.
	Ref            string
	Message        string
	At             time.Time
	Author         Actor
	CommitterName  string
	CommitterEmail string
	// Added, Modified and Removed are paths; Paths tells whether the source names them at all.
	Added, Modified, Removed []string
	Paths                    bool
	// Parents is how many there are; 0 when it is not told.
	Parents  int
	URL      string
	Original Value
}

// manifests are the lock files and manifests that the commit touches.
func (c Commit) manifests() ([]string, bool) { return Manifests(c.Added, c.Modified, c.Removed) }

// Commit adds the event of a commit. Its id is that of its content, since one commit comes through several branches and deliveries.
func (b *Batch) Commit(c Commit) {
	if !IsSHA(c.SHA) {
		return
	}
	properties := Properties{
		"commit": c.SHA, "committer_email": git.Plain(c.CommitterEmail, maxActorName), "committer_name": git.Plain(c.CommitterName, maxActorName),
		"ref": c.Ref, "subject": git.Subject(c.Message), "url": c.URL,
	}
	if !c.Author.Identity.Known() {
		properties["author"] = c.Author.Name // all that is known of her
	}
	if c.Parents > 0 {
		properties["parents"], properties["is_merge"] = c.Parents, c.Parents > 1
	}
	if c.Paths {
		properties["files"] = len(c.Added) + len(c.Modified) + len(c.Removed)
		paths, more := c.manifests()
		properties["manifests"], properties["manifests_truncated"] = paths, more
	}
	fact := Fact{ID: git.CommitID(c.Project, c.SHA), Name: git.CommitAuthored, At: c.At, Actor: c.Author, Project: c.Project, Properties: properties, Original: c.Original}
	if c.Project == "" {
		fact.ID = uuid.Nil
	}
	b.Add(fact)
}

// IsSHA tells whether a text is the id of a commit, whole or shortened.
func IsSHA(text string) bool {
	if len(text) < 7 || len(text) > 64 || strings.Trim(text, "0") == "" {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') })
}

// IsZero tells whether the id of a commit says that there is none.
func IsZero(sha string) bool { return strings.Trim(sha, "0") == "" }

// The kinds of references.
const (
	Branch = "branch"
	Tag    = "tag"
)

// SplitRef returns the kind and the short name of a full reference; other namespaces have no kind.
func SplitRef(ref string) (kind, name string) {
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return Branch, name
	}
	if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		return Tag, name
	}
	return "", ref
}

// Push is what happened to one branch or tag.
type Push struct {
	Project string
	// Kind is Branch or Tag, Name the short name.
	Kind, Name    string
	Before, After string
	Forced        bool
	At            time.Time
	// Actor is the pusher, who need not be the author of any commit.
	Actor Actor
	// Commits are those that the source lists, Total how many there are; more than listed means that the list was cut. Cut says so where there is no total.
	Commits []Commit
	Total   int
	Cut     bool
	// Twice, unless empty, is what this and another delivery about the same creation or removal have in common.
	Twice      string
	Properties Properties
	Original   Value
}

// Push adds the events of a push: those of its commits, `branch.pushed` or `tag.pushed` by the pusher, and `branch.created`, `branch.deleted`,
// `tag.created` or `tag.deleted` when the push did that. A reference that is neither branch nor tag gives nothing.
func (b *Batch) Push(p Push) {
	if p.Kind != Branch && p.Kind != Tag {
		return
	}
	created, deleted := IsZero(p.Before), IsZero(p.After)
	if !deleted {
		for _, c := range p.Commits {
			b.Commit(c)
		}
	}
	properties := Properties{"ref": fullRef(p.Kind, p.Name), p.Kind: p.Name, "forced": p.Forced}.With(p.Properties)
	if !created {
		properties["before"] = p.Before
	}
	if !deleted {
		properties["after"] = p.After
	}
	pushed := Fact{Name: p.Kind + ".pushed", At: p.At, Actor: p.Actor, Project: p.Project, Original: p.Original}
	pushed.Properties = p.counted(properties.With(Properties{"created": created && !deleted, "deleted": deleted}))
	b.Add(pushed)
	if created == deleted {
		return
	}
	changed := pushed
	changed.Name = p.Kind + ".created"
	if deleted {
		changed.Name = p.Kind + ".deleted"
	}
	changed.Properties, changed.ID = properties, p.contentID(b.tool, changed.Name)
	b.Add(changed)
}

func fullRef(kind, name string) string {
	if kind == Tag {
		return "refs/tags/" + name
	}
	return "refs/heads/" + name
}

// counted adds how many commits were pushed and what they touch.
func (p Push) counted(properties Properties) Properties {
	total := max(p.Total, len(p.Commits))
	properties["commit_count"] = total
	cut := p.Cut || total > len(p.Commits)
	if cut {
		properties["truncated"], properties["commits_listed"] = true, len(p.Commits)
		if p.Total == 0 { // the source does not tell the real count
			delete(properties, "commit_count")
		}
	}
	var lists [][]string
	for _, c := range p.Commits {
		lists = append(lists, c.Added, c.Modified, c.Removed)
	}
	paths, more := Manifests(lists...)
	properties["manifests"], properties["manifests_truncated"] = paths, more
	return properties
}

// contentID is nil when no other delivery tells the same: then the delivery's key tells.
func (p Push) contentID(tool, name string) uuid.UUID {
	if p.Twice == "" {
		return uuid.Nil
	}
	return ContentID(tool, p.Project, name, p.Name, p.Twice)
}
