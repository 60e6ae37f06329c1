package gitlab

import (
	"strings"
	"time"

	"devtrail.dev/services/events/internal/source"
)

// people are the deliveries about accounts and members, with the names of their events. They name whom it happened to and not who did it, so
// the actor is the subject, and a property says so.
var people = map[string]string{
	"key_create": "ssh_key.created", "key_destroy": "ssh_key.deleted",
	"user_access_request_denied_for_group": "member.request_denied", "user_access_request_denied_for_project": "member.request_denied",
	"user_access_request_revoked_for_group": "member.request_revoked", "user_access_request_revoked_for_project": "member.request_revoked",
	"user_access_request_to_group": "member.requested", "user_access_request_to_project": "member.requested",
	"user_add_to_group": "member.added", "user_add_to_team": "member.added", "user_create": "user.created", "user_destroy": "user.deleted",
	"user_failed_login": "user.login_failed", "user_remove_from_group": "member.removed", "user_remove_from_team": "member.removed", "user_rename": "user.renamed",
	"user_update_for_group": "member.edited", "user_update_for_team": "member.edited",
}

// places are the deliveries about projects and groups, with the names of their events. They tell nobody who did it.
var places = map[string]string{
	"group_create": "group.created", "group_destroy": "group.deleted", "group_rename": "group.renamed",
	"project_create": "repository.created", "project_destroy": "repository.deleted", "project_rename": "repository.renamed",
	"project_transfer": "repository.transferred", "project_update": "repository.edited",
	"subgroup_create": "group.created", "subgroup_destroy": "group.deleted",
}

// isUntimed tells the deliveries about accounts and members whose times are older than what they tell: nothing changes what is about to go, a request
// for access that is denied or taken back among it, nor an account that is blocked and tries to log in.
func isUntimed(kind string) bool {
	return strings.HasSuffix(kind, "_destroy") || strings.HasPrefix(kind, "user_remove_") || kind == "user_failed_login" ||
		strings.HasPrefix(kind, "user_access_request_denied_") || strings.HasPrefix(kind, "user_access_request_revoked_")
}

func (m *message) person(name string) {
	b := m.body
	id := source.First(b.At("user_id"))
	if strings.HasPrefix(m.kind, "key_") {
		id = source.Value{} // the id of such a message is the key's
	}
	at := source.FirstTime(b.At("created_at"))
	if !strings.HasSuffix(m.kind, "_create") { // who accepts an invitation, or whose request is accepted, is added long after that was made
		at = source.FirstTime(b.At("updated_at"))
	}
	if isUntimed(m.kind) {
		at = time.Time{}
	}
	username := source.First(b.At("user_username"), b.At("username")).Text()
	f := m.fact(name, at, source.Properties{
		"subject": true, "member": source.First(b.At("user_username"), b.At("user_name"), b.At("username")).Text(), "access": source.First(b.At("project_access"), b.At("access_level"), b.At("group_access")).Text(),
		"group": source.First(b.At("group_path"), b.At("group_name")).Text(), "state": b.At("state").Text(), "old_username": b.At("old_username").Text(), "expires_at": b.At("expires_at").Text(),
	})
	f.Actor = m.identified(id.Int(), username, source.First(b.At("user_name"), b.At("name")).Text())
	m.batch.Add(f)
}

func (m *message) place(name string) {
	b := m.body
	at := source.FirstTime(b.At("created_at"))
	if !strings.HasSuffix(m.kind, "_create") {
		at = source.FirstTime(b.At("updated_at"))
	}
	if strings.HasSuffix(m.kind, "_destroy") {
		at = time.Time{}
	}
	m.batch.Add(m.fact(name, at, source.Properties{
		"name": source.First(b.At("path_with_namespace"), b.At("full_path"), b.At("path"), b.At("name")).Text(), "old_name": source.First(b.At("old_path_with_namespace"), b.At("old_full_path")).Text(),
		"visibility": b.At("project_visibility").Text(), "owner": b.At("owner_name").Text(), "parent": b.At("parent_full_path").Text(),
	}))
}

// approval tells of a member who is to get a role that costs a seat: who asked for it, and who decided.
func (m *message) approval() {
	verb, ok := map[string]string{"approve": "approved", "deny": "denied", "enqueue": "queued"}[m.action()]
	if !ok {
		return
	}
	b := m.body
	f := m.fact("member_approval."+verb, source.FirstTime(b.At("updated_at"), b.At("created_at")), source.Properties{"status": m.attrs.At("status").Text(), "member_id": positive(b.At("user_id"))})
	f.Actor = m.identified(source.First(b.At("reviewed_by_user_id"), b.At("requested_by_user_id")).Int(), "", "")
	m.batch.Add(f)
}
