package hook_test

import (
	"crypto/hmac"
	"crypto/sha1" // the signature that is never sufficient
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ping = `{"zen": "Keep it logically awesome.", "hook_id": 1, "test": true}`

// form is a body as a provider sends it in a form field.
func form(payload string) string { return url.Values{"payload": {payload}}.Encode() }

func standard(key []byte, id string, at time.Time, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestOnlySignedDeliveriesAreTaken(t *testing.T) {
	f := setup(t)
	old := hmac.New(sha1.New, []byte(secret))
	old.Write([]byte(ping))
	sha1sum := hex.EncodeToString(old.Sum(nil))
	now := f.clock()
	stamp := strconv.FormatInt(now.Unix(), 10)
	const formType = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		taken      bool
	}{
		"github":                             {"github", ping, []string{"X-Hub-Signature-256", "sha256=" + sum(secret, ping)}, true},
		"github, the secret before":          {"github", ping, []string{"X-Hub-Signature-256", "sha256=" + sum("the secret before", ping)}, true},
		"github, no signature":               {"github", ping, nil, false},
		"github, another secret":             {"github", ping, []string{"X-Hub-Signature-256", "sha256=" + sum("guess", ping)}, false},
		"github, another body":               {"github", ping + " ", []string{"X-Hub-Signature-256", "sha256=" + sum(secret, ping)}, false},
		"github, SHA-1 alone":                {"github", ping, []string{"X-Hub-Signature", "sha1=" + sha1sum}, false},
		"github, SHA-1 under the other name": {"github", ping, []string{"X-Hub-Signature-256", "sha1=" + sha1sum}, false},
		"github, SHA-256 under the old name": {"github", ping, []string{"X-Hub-Signature", "sha256=" + sum(secret, ping)}, false},
		"github, no prefix":                  {"github", ping, []string{"X-Hub-Signature-256", sum(secret, ping)}, false},
		"github, a short signature":          {"github", ping, []string{"X-Hub-Signature-256", "sha256=00"}, false},
		"github, an empty signature":         {"github", ping, []string{"X-Hub-Signature-256", "sha256="}, false},
		"github, no digits":                  {"github", ping, []string{"X-Hub-Signature-256", "sha256=zz"}, false},
		"github, with Gitea's signature":     {"github", ping, []string{"X-Gitea-Signature", sum(secret, ping)}, false},
		"github, a signed form":              {"github", form(ping), []string{"Content-Type", formType, "X-Hub-Signature-256", "sha256=" + sum(secret, form(ping))}, true},
		"github, a form signed by its JSON":  {"github", form(ping), []string{"Content-Type", formType, "X-Hub-Signature-256", "sha256=" + sum(secret, ping)}, false},
		"gitlab, the token":                  {"gitlab", ping, []string{"X-Gitlab-Token", secret}, true},
		"gitlab, the token before":           {"gitlab", ping, []string{"X-Gitlab-Token", "the secret before"}, true},
		"gitlab, no token":                   {"gitlab", ping, nil, false},
		"gitlab, an empty token":             {"gitlab", ping, []string{"X-Gitlab-Token", ""}, false},
		"gitlab, a longer token":             {"gitlab", ping, []string{"X-Gitlab-Token", secret + "!"}, false},
		"gitlab, signed":                     {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", stamp, "webhook-signature", standard([]byte(secret), "m1", now, ping)}, true},
		"gitlab, one of several signatures":  {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", stamp, "webhook-signature", "v1,AAAA v2,x " + standard([]byte("guess"), "m1", now, ping) + " " + standard([]byte(secret), "m1", now, ping)}, true},
		"gitlab, none of several signatures": {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", stamp, "webhook-signature", "v1,AAAA v1,= " + standard([]byte("guess"), "m1", now, ping)}, false},
		"gitlab, signed under another id":    {"gitlab", ping, []string{"webhook-id", "m2", "webhook-timestamp", stamp, "webhook-signature", standard([]byte(secret), "m1", now, ping)}, false},
		"gitlab, signed six minutes ago":     {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", strconv.FormatInt(now.Add(-6*time.Minute).Unix(), 10), "webhook-signature", standard([]byte(secret), "m1", now.Add(-6*time.Minute), ping)}, false},
		"gitlab, signed in six minutes":      {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", strconv.FormatInt(now.Add(6*time.Minute).Unix(), 10), "webhook-signature", standard([]byte(secret), "m1", now.Add(6*time.Minute), ping)}, false},
		"gitlab, signed four minutes ago":    {"gitlab", ping, []string{"webhook-id", "m1", "webhook-timestamp", strconv.FormatInt(now.Add(-4*time.Minute).Unix(), 10), "webhook-signature", standard([]byte(secret), "m1", now.Add(-4*time.Minute), ping)}, true},
		"gitlab, signed without a time":      {"gitlab", ping, []string{"webhook-id", "m1", "webhook-signature", standard([]byte(secret), "m1", now, ping)}, false},
		"bitbucket":                          {"bitbucket", ping, []string{"X-Event-Key", "diagnostics:ping", "X-Hub-Signature", "sha256=" + sum(secret, ping)}, true},
		"bitbucket, SHA-1":                   {"bitbucket", ping, []string{"X-Hub-Signature", "sha1=" + sha1sum}, false},
		"bitbucket, no signature":            {"bitbucket", ping, nil, false},
		"bitbucket, a short header":          {"bitbucket", ping, []string{"X-Hub-Signature", "sha"}, false},
		"gitea":                              {"gitea", ping, []string{"X-Gitea-Signature", sum(secret, ping)}, true},
		"gitea, a form signed by its JSON":   {"gitea", form(ping), []string{"Content-Type", formType, "X-Gitea-Signature", sum(secret, ping)}, true},
		"gitea, a form signed by the form":   {"gitea", form(ping), []string{"Content-Type", formType, "X-Gitea-Signature", sum(secret, form(ping))}, false},
		"gitea, a form with two payloads":    {"gitea", form(ping) + "&" + form(ping), []string{"Content-Type", formType, "X-Gitea-Signature", sum(secret, ping)}, false},
		"gitea, an empty signature":          {"gitea", ping, []string{"X-Gitea-Signature", ""}, false},
		"gitea, with GitHub's signature":     {"gitea", ping, []string{"X-Hub-Signature-256", "sha256=" + sum(secret, ping)}, false},
		"gitea, with a prefix":               {"gitea", ping, []string{"X-Gitea-Signature", "sha256=" + sum(secret, ping)}, false},
		"forgejo":                            {"forgejo", ping, []string{"X-Forgejo-Signature", sum(secret, ping)}, true},
		"forgejo by Gitea's name":            {"forgejo", ping, []string{"X-Gitea-Signature", sum(secret, ping)}, true},
		"gogs":                               {"gogs", ping, []string{"X-Gogs-Signature", sum(secret, ping)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.post("/hooks/"+c.path+"/"+c.path, c.body, c.headers...)
			if c.taken {
				require.Equal(t, http.StatusAccepted, w.Code, w.Body.String())
				return
			}
			require.Equal(t, http.StatusUnauthorized, w.Code)
			require.JSONEq(t, `{"code": "UNAUTHENTICATED", "reason": "SIGNATURE_INVALID", "message": "the delivery needs a valid signature of the hook's secret"}`, w.Body.String())
		})
	}
}

func TestASecretInTheFormOfStandardWebhooksIsItsKey(t *testing.T) {
	f := setup(t)
	key := []byte("0123456789abcdef0123456789abcdef")
	f.write([]map[string]string{{"id": "gitlab", "organization": organization, "provider": "gitlab", "secret": "whsec_" + base64.StdEncoding.EncodeToString(key)}})
	f.advance(2 * time.Second)
	at := f.clock()
	w := f.post("/hooks/gitlab/gitlab", ping, "webhook-id", "m1", "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", standard(key, "m1", at, ping))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body.String())
}
