package cloudevents

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// cdeventsPrefix begins the types of CDEvents: dev.cdevents.<subject>.<predicate>.<version>.
const cdeventsPrefix = "dev.cdevents."

// users are the members of a subject's content that name who did it, by preference; creators those that name who did it when the subject was created, whoever
// updates or closes it later.
var (
	users    = []string{"user", "updatedBy", "responder"}
	creators = []string{"requestor", "creator"}
)

// cdevent reads a CDEvent, of any version from 0.4 to 0.6: those differ in where the version stands and in what they add.
// It is false when the event is none.
func (e Event) cdevent(data source.Value) (source.Fact, bool) {
	rest, ok := strings.CutPrefix(e.Type, cdeventsPrefix)
	if !ok {
		return source.Fact{}, false
	}
	subject, rest, _ := strings.Cut(rest, ".")
	predicate, version, _ := strings.Cut(rest, ".")
	body := data.At("subject")
	content := body.At("content")
	if subject == "" || predicate == "" || !body.Exists() {
		return source.Fact{}, false
	}
	fact := e.fact()
	fact.Name = subject + "." + predicate
	fact.Kind = events.SourceCI
	if at := data.At("context", "timestamp").Time(); fact.At.IsZero() {
		fact.At = at
	}
	names := users
	if predicate == "created" {
		names = slices.Concat(users, creators)
	}
	for _, name := range names {
		if person := e.person(strings.TrimPrefix(content.At(name).Text(), "urn:user:")); person.Identity.Known() {
			fact.Actor = person
			break
		}
	}
	id := body.At("id").Text()
	urn, isURN := parseDomainID(id)
	fact.Packages = packages(e.Subject, id, urn.resource, content.At("artifactId").Text())
	fact.Project = project(content, urn)
	fact.Session = data.At("context", "chainId").Text()
	fact.Properties = fact.Properties.With(source.Properties{
		"cdevents_version": source.First(data.At("context", "specversion"), data.At("context", "version")).Text(),
		"environment":      content.At("environment", "id").Text(),
		"outcome":          content.At("outcome").Text(),
		"pipeline":         source.First(content.At("pipelineName"), content.At("pipelineRun", "id")).Text(),
		"registry":         content.At("registry").Text(),
		"schema_version":   version,
		"subject":          id,
		"task":             content.At("taskName").Text(),
		"url":              source.First(content.At("uri"), content.At("viewUrl"), content.At("url")).Text(),
	})
	if isURN {
		fact.Properties = fact.Properties.With(source.Properties{"resource": urn.resource, "resource_type": urn.kind})
	}
	if subject == "branch" { // the id is its name, which stands where that of every branch does, so that what is done to names of branches is done to it
		fact.Properties = fact.Properties.With(source.Properties{"branch": cmp.Or(urn.resource, id), "resource": "", "subject": ""})
	}
	return fact, true
}

// project is the repository that a CDEvent is about, where it says so.
func project(content source.Value, urn domainID) string {
	for _, repository := range []source.Value{content.At("repository"), content.At("change", "repository")} {
		if base, id := repository.At("source").Text(), repository.At("id").Text(); base != "" && id != "" {
			if name := source.Repository(strings.TrimSuffix(base, "/") + "/" + id); name != "" {
				return name
			}
		}
	}
	if content.At("owner").Exists() || content.At("viewUrl").Exists() { // the subject is a repository
		if name := source.Repository(content.At("uri").Text()); name != "" {
			return name
		}
	}
	return urn.project()
}

// domainID is a name of CDEvents 0.6: cdevents:v0:provider:provider-id:namespace:groups:type:resource, each part percent-encoded.
type domainID struct {
	provider, providerID, namespace, groups, kind, resource string
}

// parseDomainID reads a name; false when it is none. No part of a name that is none is believed.
func parseDomainID(text string) (domainID, bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 8 || parts[0] != "cdevents" || parts[1] != "v0" {
		return domainID{}, false
	}
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil {
			return domainID{}, false
		}
		parts[i] = decoded
	}
	id := domainID{parts[2], parts[3], parts[4], parts[5], parts[6], parts[7]}
	if id.kind == "" || id.resource == "" || strings.HasPrefix(id.groups, "/") || strings.HasSuffix(id.groups, "/") {
		return domainID{}, false
	}
	return id, true
}

// hosts are the public hosts of providers; one with a provider id is somebody's own, whose host is not told.
var hosts = map[string]string{"bitbucket": "bitbucket.org", "github": "github.com", "gitlab": "gitlab.com"}

// project is the repository of a change or a repository on a public host.
func (d domainID) project() string {
	host := hosts[d.provider]
	if host == "" || d.providerID != "" || d.namespace == "" || d.groups == "" {
		return ""
	}
	switch d.kind {
	case "mr", "pr", "repo", "repository", "branch", "commit":
		return git.Repository("https://" + host + "/" + d.namespace + "/" + d.groups)
	}
	return ""
}
