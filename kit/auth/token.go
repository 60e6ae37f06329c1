package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"
)

// The prefixes of tokens: what kind of credential a token is.
const (
	PrefixKey      = "dvk" // an organization's key
	PrefixIngest   = "dvi" // an organization's key that may only send events
	PrefixService  = "dvs" // another service of the suite
	PrefixOperator = "dvo" // the operator of the installation
)

// A token is <prefix>_<30 base62><6 base62 CRC-32>. Thirty random base62 digits are 178 bits, so that a plain
// SHA-256 is a safe way to store one; the checksum covers the prefix too, so that the kind cannot be swapped and
// scanners and doors can reject look-alikes without a query.
const (
	randomDigits   = 30
	checksumDigits = 6
	base62         = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// NewToken makes a token with a prefix of lower-case letters.
func NewToken(prefix string) string {
	digits := make([]byte, 0, randomDigits)
	buf := make([]byte, 2*randomDigits)
	for len(digits) < randomDigits {
		_, _ = rand.Read(buf) // never fails: crypto/rand ends the program instead
		for _, b := range buf {
			// 248 is the greatest multiple of 62 in a byte; higher bytes would favour the first digits.
			if b < 248 && len(digits) < randomDigits {
				digits = append(digits, base62[b%62])
			}
		}
	}
	body := prefix + "_" + string(digits)
	return body + checksum(body)
}

// CheckToken tells the prefix of a well-formed token. It needs no query, and says nothing on whether the token
// was ever given out.
func CheckToken(token string) (prefix string, ok bool) {
	prefix, rest, found := strings.Cut(token, "_")
	if !found || len(prefix) != 3 || len(rest) != randomDigits+checksumDigits {
		return "", false
	}
	for i := range len(prefix) {
		if prefix[i] < 'a' || prefix[i] > 'z' {
			return "", false
		}
	}
	for i := range len(rest) {
		if strings.IndexByte(base62, rest[i]) < 0 {
			return "", false
		}
	}
	body := token[:len(token)-checksumDigits]
	if token[len(body):] != checksum(body) {
		return "", false
	}
	return prefix, true
}

// HashToken is what is stored and compared in place of a token.
func HashToken(token string) [32]byte { return sha256.Sum256([]byte(token)) }

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	var out [checksumDigits]byte
	for i := checksumDigits - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out[:])
}

// prefixOf is the prefix a token claims, whether or not the rest is well formed.
func prefixOf(token string) string {
	prefix, _, found := strings.Cut(token, "_")
	if !found {
		return ""
	}
	return prefix
}
