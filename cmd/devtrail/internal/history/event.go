package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
	"devtrail.dev/kit/git"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// Limits of the contract, in characters and items.
const (
	maxName     = 200
	maxIdentity = 320
	maxPackages = 100
	maxSubject  = 500
)

// commitProperties are the properties of commit.authored. Fields are ordered by their JSON names, as in every answer.
type commitProperties struct {
	Added          int    `json:"added"`
	Commit         string `json:"commit"`
	CommittedAt    string `json:"committed_at"`
	CommitterEmail string `json:"committer_email"`
	CommitterName  string `json:"committer_name"`
	Files          int    `json:"files"`
	IsMerge        bool   `json:"is_merge"`
	Parents        int    `json:"parents"`
	Removed        int    `json:"removed"`
	Subject        string `json:"subject"`
}

// packageProperties are the properties of package events. Part counts from 1 in the rare event that a package has more versions in one file than
// an event may name.
type packageProperties struct {
	Commit string   `json:"commit"`
	From   []string `json:"from"`
	Part   int      `json:"part,omitempty"`
	Path   string   `json:"path"`
	To     []string `json:"to"`
}

// author makes events of one commit.
type author struct {
	project string
	commit  gitlog.Commit
	at      *timestamppb.Timestamp
}

func newAuthor(project string, commit gitlog.Commit) author {
	return author{project: project, commit: commit, at: timestamppb.New(eventTime(commit))}
}

// eventTime is the author's time if an event can have it.
func eventTime(c gitlog.Commit) time.Time {
	for _, at := range []time.Time{c.AuthoredAt, c.CommittedAt} {
		if !at.IsZero() && at.Unix() >= 0 && at.Year() <= 2261 {
			return at
		}
	}
	return time.Unix(0, 0).UTC()
}

func (a author) authored() (*eventsv1.Event, error) {
	c := a.commit
	return a.event(git.CommitID(a.project, c.ID).String(), git.CommitAuthored, nil, commitProperties{
		Added:          c.Added,
		Commit:         c.ID,
		CommittedAt:    rfc3339(c.CommittedAt),
		CommitterEmail: git.Plain(c.Committer.Email, maxIdentity),
		CommitterName:  git.Plain(c.Committer.Name, maxName),
		Files:          c.Files,
		IsMerge:        c.Merge(),
		Parents:        len(c.Parents),
		Removed:        c.Removed,
		Subject:        git.Plain(c.Subject, maxSubject),
	})
}

// packages makes the events of a package's change: one, unless it has too many versions.
func (a author) packages(path string, change packageChange) ([]*eventsv1.Event, error) {
	properties := packageProperties{Commit: a.commit.ID, From: change.from, Path: quotePath(path), To: change.to}
	id := []string{a.project, a.commit.ID, string(change.kind), path, change.pkg}
	if len(change.purls) <= maxPackages {
		event, err := a.event(git.EventID(id...).String(), string(change.kind), change.purls, properties)
		return []*eventsv1.Event{event}, err
	}
	var events []*eventsv1.Event
	for rest := change.purls; len(rest) > 0; rest = rest[min(maxPackages, len(rest)):] {
		properties.Part++
		part := append(id[:len(id):len(id)], strconv.Itoa(properties.Part))
		event, err := a.event(git.EventID(part...).String(), string(change.kind), rest[:min(maxPackages, len(rest))], properties)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

func (a author) event(id, name string, purls []string, properties any) (*eventsv1.Event, error) {
	text, err := marshal(properties)
	if err != nil {
		return nil, fmt.Errorf("write the properties of commit %s: %w", a.commit.ID, err)
	}
	return &eventsv1.Event{
		Id:             id,
		Name:           name,
		OccurredAt:     a.at,
		Actor:          actor(a.commit.Author.Email),
		ActorName:      git.Plain(a.commit.Author.Name, maxName),
		Source:         &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT, Tool: "git"},
		Project:        a.project,
		Packages:       purls,
		PropertiesJson: text,
	}, nil
}

// actor is the identity of an e-mail address, or nobody when there is none that an identity can have.
func actor(email string) *identityv1.Identity {
	value := git.Plain(email, maxIdentity+1)
	if value == "" || utf8.RuneCountInString(value) > maxIdentity {
		return nil
	}
	return &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: value}
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// marshal writes JSON as the canonical form has it: no blanks and no escapes for HTML.
func marshal(v any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
