package github

import "devtrail.dev/services/events/internal/source"

// pullRequestVerbs are the actions of pull requests.
var pullRequestVerbs = verbs("assigned", "auto_merge_disabled", "auto_merge_enabled", "closed", "converted_to_draft", "demilestoned", "dequeued", "edited", "enqueued",
	"labeled", "locked", "milestoned", "opened", "ready_for_review", "reopened", "review_request_removed", "review_requested", "synchronize=synchronized",
	"unassigned", "unlabeled", "unlocked")

func (m *message) pullRequest() {
	verb, ok := pullRequestVerbs[m.action]
	if !ok {
		return
	}
	pr := m.body.At("pull_request")
	if m.action == "closed" && pr.At("merged").True() {
		verb = "merged"
	}
	properties := m.describePull(pr).With(source.Properties{
		"assignee": m.body.At("assignee", "login").Text(), "label": m.body.At("label", "name").Text(), "milestone": m.body.At("milestone", "title").Text(),
		"reason": m.body.At("reason").Text(), "requested_reviewer": source.First(m.body.At("requested_reviewer", "login"), m.body.At("requested_team", "slug")).Text(),
		"before": m.body.At("before").Text(), "after": m.body.At("after").Text(),
	})
	f := m.fact("pull_request."+verb, m.moment(pr), properties)
	f.Session = m.session("pull", pr.At("number"))
	m.batch.Add(f)
}

// describePull is what questions ask of a pull request.
func (m *message) describePull(pr source.Value) source.Properties {
	properties := source.Properties{
		"number": positive(pr.At("number")), "title": pr.At("title").Text(), "state": pr.At("state").Text(), "draft": pr.At("draft").True(), "merged": pr.At("merged").True(),
		"author": pr.At("user", "login").Text(), "source_branch": pr.At("head", "ref").Text(), "target_branch": pr.At("base", "ref").Text(),
		"head": pr.At("head", "sha").Text(), "base": pr.At("base", "sha").Text(), "url": pr.At("html_url").Text(), "source_project": m.forkOf(pr),
	}
	if pr.At("merged").True() {
		properties["merge_commit"] = pr.At("merge_commit_sha").Text()
		properties["merged_by"] = pr.At("merged_by", "login").Text()
	}
	for _, count := range []string{"additions", "changed_files", "commits", "deletions"} {
		if pr.At(count).Exists() {
			properties[count] = pr.At(count).Int()
		}
	}
	return properties
}

// forkOf is the project that a pull request comes from, unless it is the same.
func (m *message) forkOf(pr source.Value) string {
	if head := m.repository(pr.At("head", "repo")); head != m.project {
		return head
	}
	return ""
}

// reviewVerbs are the actions of reviews.
var reviewVerbs = verbs("dismissed=review_dismissed", "edited=review_edited", "submitted=reviewed")

func (m *message) review() {
	verb, ok := reviewVerbs[m.action]
	if !ok {
		return
	}
	pr, review := m.body.At("pull_request"), m.body.At("review")
	at := source.FirstTime(review.At("submitted_at"))
	if m.action != "submitted" {
		at = source.FirstTime(review.At("updated_at"))
	}
	f := m.fact("pull_request."+verb, at, m.describePull(pr).With(source.Properties{
		"review": review.At("state").Text(), "reviewer": review.At("user", "login").Text(), "commit": review.At("commit_id").Text(), "url": review.At("html_url").Text(),
	}))
	f.Session = m.session("pull", pr.At("number"))
	m.batch.Add(f)
}
