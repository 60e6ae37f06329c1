package github

import (
	"time"

	"devtrail.dev/services/events/internal/source"
)

// ping says that the hook lives.
func (m *message) ping() {
	m.batch.Add(m.fact("webhook.pinged", time.Time{}, source.Properties{
		"hook_id": positive(m.body.At("hook_id")), "hook_type": m.body.At("hook", "type").Text(), "subscribed": m.body.At("hook", "events").Texts(),
		"organization": m.body.At("organization", "login").Text(), "zen": m.body.At("zen").Text(),
	}))
}

func (m *message) fork() {
	forkee := m.body.At("forkee")
	m.batch.Add(m.fact("repository.forked", forkee.At("created_at").Time(), source.Properties{"fork": m.repository(forkee), "url": forkee.At("html_url").Text()}))
}

// gollum tells of pages of the wiki, one event a page.
func (m *message) gollum() {
	for _, page := range m.body.At("pages").List() {
		verb := page.At("action").Text()
		if verb != "created" && verb != "edited" {
			continue
		}
		f := m.fact("wiki_page."+verb, time.Time{}, source.Properties{
			"action": verb, "title": page.At("title").Text(), "commit": page.At("sha").Text(), "url": page.At("html_url").Text(),
		})
		f.Original = page
		m.batch.Add(f)
	}
}

func (m *message) repositoryImport() {
	verb := map[string]string{"cancelled": "import_canceled", "failure": "import_failed", "success": "imported"}[m.body.At("status").Text()]
	if verb == "" {
		return
	}
	m.batch.Add(m.fact("repository."+verb, time.Time{}, nil))
}
