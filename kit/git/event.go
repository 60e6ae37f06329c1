package git

import (
	"strings"

	"github.com/google/uuid"
)

// CommitAuthored is the name of the event of a commit: its author is the actor.
const CommitAuthored = "commit.authored"

// namespace is that of the ids of events from Git: the UUIDv5 of https://devtrail.dev/events/git in the namespace of URLs.
// It never changes: every id depends on it.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://devtrail.dev/events/git"))

// EventID derives the id of an event. The parts must hold no NUL, so different parts give different ids.
func EventID(parts ...string) uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(strings.Join(parts, "\x00")))
}

// CommitID is the id of a commit's event in a project: a commit has one, whoever tells of it.
func CommitID(project, sha string) uuid.UUID { return EventID(project, sha, CommitAuthored, "", "") }
