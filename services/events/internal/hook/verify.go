package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far the time of a signature may be from ours.
const tolerance = 5 * time.Minute

// sign is the HMAC-SHA256 of some text by a key.
func sign(key []byte, text ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range text {
		_, _ = mac.Write(part) // a hash takes everything
	}
	return mac.Sum(nil)
}

// signed tells whether a hexadecimal signature, after a prefix, is that of the text by one of the secrets. Every secret is tried in the same time.
func signed(signature, prefix string, text []byte, secrets []string) bool {
	digits, ok := strings.CutPrefix(signature, prefix)
	if !ok {
		return false
	}
	got, err := hex.DecodeString(digits)
	if err != nil || len(got) != sha256.Size {
		return false
	}
	valid := 0
	for _, secret := range secrets {
		valid |= subtle.ConstantTimeCompare(got, sign([]byte(secret), text))
	}
	return valid == 1
}

// same tells whether a token is one of the secrets. Both are hashed, so that the time tells nothing of their length.
func same(token string, secrets []string) bool {
	got := sha256.Sum256([]byte(token))
	valid := 0
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		valid |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return token != "" && valid == 1
}

// verifyGitHub checks X-Hub-Signature-256. X-Hub-Signature is SHA-1 and never sufficient. A form is signed as it is.
func verifyGitHub(h Hook, m message, _ time.Time) bool {
	return signed(m.header.Get("X-Hub-Signature-256"), "sha256=", m.raw, h.secrets)
}

// verifyBitbucket checks X-Hub-Signature, which is SHA-256 here.
func verifyBitbucket(h Hook, m message, _ time.Time) bool {
	return signed(m.header.Get("X-Hub-Signature"), "sha256=", m.raw, h.secrets)
}

// verifyGitea checks the signature that the family's servers send under names of their own. It covers the JSON, also of a form.
func verifyGitea(h Hook, m message, _ time.Time) bool {
	for _, name := range []string{"X-Gitea-Signature", "X-Forgejo-Signature", "X-Gogs-Signature"} {
		if signature := m.header.Get(name); signature != "" {
			return signed(signature, "", m.payload, h.secrets)
		}
	}
	return false
}

// verifyGitLab checks the plain token, or the signature after Standard Webhooks.
func verifyGitLab(h Hook, m message, now time.Time) bool {
	if same(m.header.Get("X-Gitlab-Token"), h.secrets) {
		return true
	}
	return verifyStandard(h, m, now)
}

// verifyStandard checks a signature after Standard Webhooks: of id, time and body, by any of several signatures, and not old.
func verifyStandard(h Hook, m message, now time.Time) bool {
	id, stamp := m.header.Get("Webhook-Id"), m.header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return false
	}
	valid := 0
	for signature := range strings.FieldsSeq(m.header.Get("Webhook-Signature")) {
		encoded, ok := strings.CutPrefix(signature, "v1,")
		if !ok {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, secret := range h.secrets {
			for _, key := range standardKeys(secret) {
				valid |= subtle.ConstantTimeCompare(got, sign(key, []byte(id+"."+stamp+"."), m.raw))
			}
		}
	}
	return valid == 1
}

// standardKeys are the keys that a secret may stand for: itself, and what it encodes when it is written as Standard Webhooks writes secrets.
func standardKeys(secret string) [][]byte {
	keys := [][]byte{[]byte(secret)}
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return keys
	}
	if key, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(key) > 0 {
		keys = append(keys, key)
	}
	return keys
}
