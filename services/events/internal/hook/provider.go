package hook

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/bitbucket"
	"devtrail.dev/services/events/internal/source/gitea"
	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/gitlab"
)

// The limits of the JSON of deliveries, in bytes. GitHub and GitLab send nothing above 25 MB, and GitLab switches a hook off whose delivery is refused.
const (
	largeLimit = 25 << 20
	otherLimit = 10 << 20
)

// How long a delivery may take until it is durable. GitHub, GitLab and Bitbucket give up after ten seconds; servers of the Gitea family after five
// (DELIVER_TIMEOUT of their section webhook), unless they are set otherwise.
const (
	patience      = 8 * time.Second
	giteaPatience = 3 * time.Second
)

// provider is how one provider's deliveries are verified, told apart and translated.
type provider struct {
	limit     int64
	patience  time.Duration
	verify    func(Hook, message, time.Time) bool
	delivery  func(Hook, message) source.Delivery
	translate func(source.Delivery) ([]ingest.Draft, error)
}

// providers by their names in paths and settings. Which one it is says the path, never a header: servers of the Gitea family also send GitHub's.
var providers = map[string]provider{
	"bitbucket": {otherLimit, patience, verifyBitbucket, bitbucketDelivery, bitbucket.Translate},
	"forgejo":   {otherLimit, giteaPatience, verifyGitea, giteaDelivery, gitea.Translate},
	"gitea":     {otherLimit, giteaPatience, verifyGitea, giteaDelivery, gitea.Translate},
	"github":    {largeLimit, patience, verifyGitHub, githubDelivery, github.Translate},
	"gitlab":    {largeLimit, patience, verifyGitLab, gitlabDelivery, gitlab.Translate},
	"gogs":      {otherLimit, giteaPatience, verifyGitea, giteaDelivery, gitea.Translate},
}

// first is the first header that is there.
func (m message) first(names ...string) string {
	for _, name := range names {
		if value := m.header.Get(name); value != "" {
			return value
		}
	}
	return ""
}

// maxKey is the longest delivery key that is taken as it is.
const maxKey = 200

// key is the delivery's own key, else the hash of what it says: the same message is then the same delivery.
func (m message) key(names ...string) string {
	if key := m.first(names...); key != "" && len(key) <= maxKey {
		return key
	}
	return "sha256:" + m.hash()
}

func (m message) hash() string {
	sum := sha256.Sum256(m.payload)
	return hex.EncodeToString(sum[:])
}

// label is what a log line calls the delivery: the name under which its sender lists it, where that is not the key.
func (m message) label(d source.Delivery) string {
	if name := m.first("X-Gitea-Delivery", "X-Forgejo-Delivery", "X-Gogs-Delivery"); name != "" && d.Tool != "" {
		return name
	}
	return d.Key
}

func githubDelivery(h Hook, m message) source.Delivery {
	return source.Delivery{Key: m.key("X-GitHub-Delivery"), Event: m.header.Get("X-GitHub-Event"), Host: h.Host}
}

// gitlabDelivery takes the key that stays over retries: the id that the signature covers before the header that whoever resends a signed delivery
// could change. The UUID of the event, which older servers send alone, is shared by all deliveries that one
// event leads to, so there the message tells them apart.
func gitlabDelivery(h Hook, m message) source.Delivery {
	d := source.Delivery{Event: m.header.Get("X-Gitlab-Event"), Host: h.Host}
	d.Key = m.key("Webhook-Id", "Idempotency-Key")
	if m.first("Webhook-Id", "Idempotency-Key") == "" {
		if event := m.header.Get("X-Gitlab-Event-Uuid"); event != "" && len(event) <= maxKey {
			d.Key = event + " " + d.Key
		}
	}
	if d.Host == "" {
		d.Host = git.Host(m.header.Get("X-Gitlab-Instance"))
	}
	return d
}

func bitbucketDelivery(h Hook, m message) source.Delivery {
	return source.Delivery{Key: m.key("X-Request-Uuid", "X-Request-Id"), Event: m.header.Get("X-Event-Key"), Host: h.Host}
}

// giteaDelivery goes by the body alone: the family names every request anew, also one that is replayed by hand and those of several hooks that
// one event fires, and sends the same body with each. But a page of a wiki that changes once more is told in the same words too, so those go by the name.
// For packages and some statuses the header of the event is there and empty: then its type names it.
func giteaDelivery(h Hook, m message) source.Delivery {
	d := source.Delivery{
		Key:   "sha256:" + m.hash(),
		Event: m.first("X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event", "X-Gitea-Event-Type", "X-Forgejo-Event-Type", "X-Gogs-Event-Type"),
		Tool:  h.Provider, Host: h.Host,
	}
	if d.Event == "wiki" {
		d.Key = m.key("X-Gitea-Delivery", "X-Forgejo-Delivery", "X-Gogs-Delivery")
	}
	return d
}
