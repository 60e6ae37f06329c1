package github

import (
	"strings"

	"devtrail.dev/services/events/internal/source"
)

var dependabotVerbs = verbs("assignees_changed", "auto_dismissed", "auto_reopened", "created", "dismissed", "fixed", "reintroduced", "reopened")

// dependabotAlert tells that a project depends on a vulnerable package.
func (m *message) dependabotAlert() {
	verb, ok := dependabotVerbs[m.action]
	if !ok {
		return
	}
	alert := m.body.At("alert")
	vulnerability, advisory := alert.At("security_vulnerability"), alert.At("security_advisory")
	pkg := source.First(alert.At("dependency", "package"), vulnerability.At("package"))
	f := m.fact("dependabot_alert."+verb, m.moment(alert), advisoryFacts(advisory).With(source.Properties{
		"number": positive(alert.At("number")), "state": alert.At("state").Text(), "url": alert.At("html_url").Text(), "ecosystem": pkg.At("ecosystem").Text(), "package": pkg.At("name").Text(),
		"manifests": source.Purls(alert.At("dependency", "manifest_path").Text()), "scope": alert.At("dependency", "scope").Text(),
		"vulnerable": vulnerability.At("vulnerable_version_range").Text(), "patched": vulnerability.At("first_patched_version", "identifier").Text(),
		"dismissed_reason": alert.At("dismissed_reason").Text(),
	}))
	f.Packages = source.Purls(source.Purl(pkg.At("ecosystem").Text(), pkg.At("name").Text(), ""))
	m.batch.Add(f)
}

var alertVerbs = verbs("create=created", "dismiss=dismissed", "reopen=reopened", "resolve=resolved")

// vulnerabilityAlert is the older form of Dependabot's alerts. It names the package and not its ecosystem; the kind of the advisory may tell it.
func (m *message) vulnerabilityAlert() {
	verb, ok := alertVerbs[m.action]
	if !ok {
		return
	}
	alert := m.body.At("alert")
	at := source.FirstTime(alert.At("created_at"))
	if m.action != "create" {
		at = source.FirstTime(alert.At("dismissed_at"), alert.At("fixed_at"))
	}
	name := alert.At("affected_package_name").Text()
	f := m.fact("vulnerability_alert."+verb, at, source.Properties{
		"number": positive(alert.At("number")), "package": name, "vulnerable": alert.At("affected_range").Text(), "patched": alert.At("fixed_in").Text(),
		"ghsa": alert.At("ghsa_id").Text(), "severity": alert.At("severity").Text(), "state": alert.At("state").Text(),
	})
	if id := alert.At("external_identifier").Text(); strings.HasPrefix(id, "CVE-") {
		f.Properties["cve"] = id
	}
	if dismisser := m.account(alert.At("dismisser")); m.action == "dismiss" && dismisser.Identity.Known() { // GitHub itself may be the sender
		f.Actor = dismisser
	}
	m.batch.Add(f)
}

var advisoryVerbs = verbs("performed=published", "published", "updated", "withdrawn")

// securityAdvisory tells of an advisory of the public database; it belongs to no repository.
func (m *message) securityAdvisory() {
	verb, ok := advisoryVerbs[m.action]
	if !ok {
		return
	}
	advisory := m.body.At("security_advisory")
	m.advisory("security_advisory."+verb, advisory)
}

func (m *message) repositoryAdvisory() {
	verb, ok := verbs("published", "reported")[m.action]
	if !ok {
		return
	}
	m.advisory("repository_advisory."+verb, m.body.At("repository_advisory"))
}

func (m *message) advisory(name string, advisory source.Value) {
	f := m.fact(name, m.moment(advisory), advisoryFacts(advisory))
	for _, v := range advisory.At("vulnerabilities").List() {
		f.Packages = append(f.Packages, source.Purls(source.Purl(v.At("package", "ecosystem").Text(), v.At("package", "name").Text(), ""))...)
	}
	m.batch.Add(f)
}

func advisoryFacts(advisory source.Value) source.Properties {
	p := source.Properties{
		"ghsa": advisory.At("ghsa_id").Text(), "cve": advisory.At("cve_id").Text(), "severity": strings.ToLower(advisory.At("severity").Text()),
		"summary": advisory.At("summary").Text(), "url": advisory.At("html_url").Text(),
	}
	for _, id := range advisory.At("identifiers").List() {
		if kind := strings.ToLower(id.At("type").Text()); p[kind] == "" && (kind == "ghsa" || kind == "cve") {
			p[kind] = id.At("value").Text()
		}
	}
	return p
}
