package github

import (
	"strings"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// rule says how an event is told by its action and one object.
type rule struct {
	// object stands first in the event's name.
	object string
	// node is the key of the object that the event is about.
	node string
	// verbs are the actions that are known and their words in the name. Events without actions have the one of "".
	verbs map[string]string
	// on is the key of the object that a comment is about.
	on string
	// kind is the kind of source, if it is not Git.
	kind events.SourceKind
}

// verbs makes a table of actions; an action whose word differs stands before the word.
func verbs(list ...string) map[string]string {
	table := make(map[string]string, len(list))
	for _, entry := range list {
		action, verb, found := strings.Cut(entry, "=")
		if !found {
			verb = action
		}
		table[action] = verb
	}
	return table
}

// changes are the actions of what is made, changed and removed.
var changes = verbs("created", "deleted", "edited")

// exemptions are the actions of requests to be let past a rule.
var exemptions = verbs("cancelled", "completed", "created", "response_dismissed", "response_submitted")

var rules = map[string]rule{
	"branch_protection_configuration":       {object: "branch_protection", verbs: verbs("disabled", "enabled")},
	"branch_protection_rule":                {object: "branch_protection_rule", node: "rule", verbs: changes},
	"bypass_request_push_ruleset":           {object: "bypass_request", node: "exemption_request", verbs: exemptions},
	"bypass_request_secret_scanning":        {object: "bypass_request", node: "exemption_request", verbs: exemptions},
	"check_run":                             {object: "check_run", node: "check_run", kind: events.SourceCI, verbs: verbs("completed", "created", "requested_action=action_requested", "rerequested")},
	"check_suite":                           {object: "check_suite", node: "check_suite", kind: events.SourceCI, verbs: verbs("completed", "requested", "rerequested")},
	"code_scanning_alert":                   {object: "code_scanning_alert", node: "alert", verbs: verbs("appeared_in_branch", "closed_by_user", "created", "fixed", "reopened", "reopened_by_user", "updated_assignment")},
	"commit_comment":                        {object: "comment", node: "comment", on: "commit", verbs: verbs("created")},
	"content_reference":                     {object: "content_reference", node: "content_reference", verbs: verbs("created")},
	"custom_property":                       {object: "custom_property", node: "definition", verbs: verbs("created", "deleted", "promote_to_enterprise=promoted", "updated")},
	"custom_property_values":                {object: "custom_property_values", verbs: verbs("updated")},
	"deploy_key":                            {object: "deploy_key", node: "key", verbs: verbs("created", "deleted")},
	"deployment_protection_rule":            {object: "deployment_protection_rule", node: "deployment", kind: events.SourceCI, verbs: verbs("requested")},
	"deployment_review":                     {object: "deployment_review", node: "workflow_run", kind: events.SourceCI, verbs: verbs("approved", "rejected", "requested")},
	"discussion":                            {object: "discussion", node: "discussion", verbs: verbs("answered", "category_changed", "closed", "created", "deleted", "edited", "labeled", "locked", "pinned", "reopened", "transferred", "unanswered", "unlabeled", "unlocked", "unpinned")},
	"discussion_comment":                    {object: "comment", node: "comment", on: "discussion", verbs: changes},
	"dismissal_request_code_scanning":       {object: "dismissal_request", node: "exemption_request", verbs: exemptions},
	"dismissal_request_dependabot":          {object: "dismissal_request", node: "exemption_request", verbs: exemptions},
	"dismissal_request_secret_scanning":     {object: "dismissal_request", node: "exemption_request", verbs: exemptions},
	"enterprise":                            {object: "enterprise", verbs: verbs("anonymous_access_disabled", "anonymous_access_enabled")}, // of an Enterprise server
	"exemption_request_push_ruleset":        {object: "bypass_request", node: "exemption_request", verbs: exemptions},
	"exemption_request_secret_scanning":     {object: "bypass_request", node: "exemption_request", verbs: exemptions},
	"github_app_authorization":              {object: "app_authorization", verbs: verbs("revoked")},
	"installation":                          {object: "installation", node: "installation", verbs: verbs("created", "deleted", "new_permissions_accepted", "suspend=suspended", "unsuspend=unsuspended")},
	"installation_repositories":             {object: "installation_repositories", node: "installation", verbs: verbs("added", "removed")},
	"installation_target":                   {object: "installation_target", node: "account", verbs: verbs("renamed")},
	"integration_installation":              {object: "installation", node: "installation", verbs: verbs("created", "deleted")},
	"integration_installation_repositories": {object: "installation_repositories", node: "installation", verbs: verbs("added", "removed")},
	"issue_comment":                         {object: "comment", node: "comment", on: "issue", verbs: verbs("created", "deleted", "edited", "pinned", "unpinned")},
	"issue_dependencies":                    {object: "issue_dependency", node: "blocked_issue", verbs: verbs("blocked_by_added", "blocked_by_removed", "blocking_added", "blocking_removed")},
	"issues":                                {object: "issue", node: "issue", verbs: verbs("assigned", "closed", "deleted", "demilestoned", "edited", "labeled", "locked", "milestoned", "opened", "pinned", "reopened", "transferred", "typed", "unassigned", "unlabeled", "unlocked", "unpinned", "untyped")},
	"label":                                 {object: "label", node: "label", verbs: changes},
	"marketplace_purchase":                  {object: "marketplace_purchase", verbs: verbs("cancelled", "changed", "pending_change", "pending_change_cancelled", "purchased")},
	"member":                                {object: "member", node: "member", verbs: verbs("added", "edited", "removed")},
	"membership":                            {object: "membership", node: "member", verbs: verbs("added", "removed")},
	"merge_group":                           {object: "merge_group", node: "merge_group", kind: events.SourceCI, verbs: verbs("checks_requested", "destroyed")},
	"meta":                                  {object: "webhook", verbs: verbs("deleted")},
	"milestone":                             {object: "milestone", node: "milestone", verbs: verbs("closed", "created", "deleted", "edited", "opened")},
	"org_block":                             {object: "user", node: "blocked_user", verbs: verbs("blocked", "unblocked")},
	"organization":                          {object: "organization", node: "organization", verbs: verbs("deleted", "member_added", "member_invited", "member_removed", "renamed")},
	"page_build":                            {object: "page", node: "build", kind: events.SourceCI, verbs: verbs("=built")},
	"personal_access_token_request":         {object: "access_token_request", node: "personal_access_token_request", verbs: verbs("approved", "cancelled", "created", "denied")},
	"project":                               {object: "project", node: "project", verbs: verbs("closed", "created", "deleted", "edited", "reopened")},
	"project_card":                          {object: "project_card", node: "project_card", verbs: verbs("converted", "created", "deleted", "edited", "moved")},
	"project_column":                        {object: "project_column", node: "project_column", verbs: verbs("created", "deleted", "edited", "moved")},
	"projects_v2":                           {object: "project", node: "projects_v2", verbs: verbs("closed", "created", "deleted", "edited", "reopened")},
	"projects_v2_item":                      {object: "project_item", node: "projects_v2_item", verbs: verbs("archived", "converted", "created", "deleted", "edited", "reordered", "restored")},
	"projects_v2_status_update":             {object: "project_status", node: "projects_v2_status_update", verbs: changes},
	"public":                                {object: "repository", node: "repository", verbs: verbs("=publicized")},
	"pull_request_review_comment":           {object: "comment", node: "comment", on: "pull_request", verbs: changes},
	"pull_request_review_thread":            {object: "review_thread", node: "pull_request", on: "pull_request", verbs: verbs("resolved", "unresolved")},
	"release":                               {object: "release", node: "release", verbs: verbs("created", "deleted", "edited", "prereleased", "published", "released", "unpublished")},
	"repository":                            {object: "repository", node: "repository", verbs: verbs("archived", "created", "deleted", "edited", "privatized", "publicized", "renamed", "transferred", "unarchived")},
	"repository_dispatch":                   {object: "repository_dispatch", kind: events.SourceCI},
	"repository_ruleset":                    {object: "ruleset", node: "repository_ruleset", verbs: changes},
	"secret_scanning_alert":                 {object: "secret_scanning_alert", node: "alert", verbs: verbs("assigned", "created", "publicly_leaked", "reopened", "resolved", "unassigned", "validated")},
	"secret_scanning_alert_location":        {object: "secret_scanning_alert", node: "alert", verbs: verbs("created=located")},
	"secret_scanning_scan":                  {object: "secret_scanning_scan", verbs: verbs("completed")},
	"security_and_analysis":                 {object: "security_settings", verbs: verbs("=changed")},
	"sponsorship":                           {object: "sponsorship", node: "sponsorship", verbs: verbs("cancelled", "created", "edited", "pending_cancellation", "pending_tier_change", "tier_changed")},
	"star":                                  {object: "repository", verbs: verbs("created=starred", "deleted=unstarred")},
	"sub_issues":                            {object: "sub_issue", node: "sub_issue", verbs: verbs("parent_issue_added", "parent_issue_removed", "sub_issue_added=added", "sub_issue_removed=removed")},
	"team":                                  {object: "team", node: "team", verbs: verbs("added_to_repository", "created", "deleted", "edited", "removed_from_repository")},
	"team_add":                              {object: "repository", verbs: verbs("=team_added")},
	"user":                                  {object: "user", node: "user", verbs: verbs("created", "deleted")},
	"watch":                                 {object: "repository", verbs: verbs("started=watched")},
}

// byRule tells an event by its rule.
func (m *message) byRule(r rule) {
	verb, ok := r.verbs[m.action]
	if r.verbs == nil { // the action is a word of the sender's own
		verb, ok = "triggered", true
	}
	if !ok {
		return
	}
	node := m.body.At(r.node)
	if r.node == "" {
		node = source.Value{}
	}
	if m.event == "page_build" && node.At("status").Text() == "errored" { // it has no action
		verb = "failed"
	}
	f := m.fact(r.object+"."+verb, m.moment(node), m.describe(r, node))
	f.Kind = r.kind
	switch m.event {
	case "secret_scanning_scan":
		f.At = m.body.At("completed_at").Time()
	case "star":
		f.At = m.body.At("starred_at").Time()
	case "pull_request_review_thread": // what is settled in a thread does not change the pull request
		f.At = source.FirstTime(m.body.At("updated_at"), node.At("updated_at"))
	}
	if m.event == "public" || m.event == "repository" && m.action != "created" && m.action != "deleted" { // a deletion leaves the time of the change before it
		f.At = m.body.At("repository", "updated_at").Time()
		if verb == "publicized" && !f.At.IsZero() { // told twice, as public and as repository
			f.ID = source.ContentID(Tool, m.project, f.Name, f.At.UTC().String())
		}
	}
	f.Session = m.ruleSession(r, node)
	m.batch.Add(f)
}

func (m *message) ruleSession(r rule, node source.Value) string {
	switch {
	case r.on == "pull_request" || r.on == "issue" && m.body.At("issue", "pull_request").Exists():
		return m.session("pull", source.First(m.body.At("pull_request", "number"), m.body.At("issue", "number")))
	case r.on == "issue", r.object == "issue":
		return m.session("issues", m.body.At("issue", "number"))
	case r.on == "discussion", r.object == "discussion":
		return m.session("discussions", m.body.At("discussion", "number"))
	case r.object == "check_run":
		return m.session("check-suites", node.At("check_suite", "id"))
	case r.object == "check_suite":
		return m.session("check-suites", node.At("id"))
	}
	return ""
}

// describe is what questions ask of an object of any kind.
func (m *message) describe(r rule, node source.Value) source.Properties {
	p := source.Properties{
		"url": node.At("html_url").Text(), "title": node.At("title").Text(), "state": source.First(node.At("state"), node.At("status")).Text(),
		"name": source.First(node.At("name"), node.At("login")).Text(), "tag": node.At("tag_name").Text(), "conclusion": node.At("conclusion").Text(),
		"commit": source.First(node.At("head_sha"), node.At("commit_id")).Text(), "branch": source.First(node.At("head_branch"), node.At("check_suite", "head_branch")).Text(),
		"draft": node.At("draft").True(), "prerelease": node.At("prerelease").True(), "severity": source.First(node.At("rule", "severity")).Text(),
		"app": node.At("app", "slug").Text(), "author": source.First(node.At("user", "login"), node.At("author", "login"), node.At("creator", "login")).Text(),
		"label": m.body.At("label", "name").Text(), "assignee": m.body.At("assignee", "login").Text(), "organization": m.body.At("organization", "login").Text(),
		"team": m.body.At("team", "slug").Text(), "member": source.First(m.body.At("member", "login"), m.body.At("membership", "user", "login")).Text(),
	}
	if number := source.First(node.At("number"), m.body.At("issue", "number"), m.body.At("pull_request", "number"), m.body.At("discussion", "number")); number.Int() > 0 {
		p["number"] = number.Int()
	}
	if r.on != "" {
		on := r.on
		if on == "issue" && m.body.At("issue", "pull_request").Exists() {
			on = "pull_request"
		}
		p["on"], p["path"] = on, node.At("path").Text()
		p["title"] = source.First(m.body.At(r.on, "title"), node.At("title")).Text()
	}
	return p
}
