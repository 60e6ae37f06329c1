// Package querytag makes the tags that queries carry into the databases, and reads them again. It stands beside the stores, which put a tag into the
// log comment of a query (ClickHouse) or in front of its text (Postgres).
package querytag

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events"
)

// document is a tag as it is written. The id and the organization come first, so that how a text begins tells whose query it is.
type document struct {
	ID           string `json:"id,omitempty"`
	Organization string `json:"organization,omitempty"`
	Caller       string `json:"caller,omitempty"`
	RPC          string `json:"rpc,omitempty"`
	Kind         string `json:"kind"`
	RequestID    string `json:"request_id,omitempty"`

	Properties []string `json:"properties,omitempty"` // the last, and not in comments
}

type propertiesKey struct{}

// WithProperties says which keys of the events' properties the queries of a context look at.
func WithProperties(ctx context.Context, keys []string) context.Context {
	if len(keys) == 0 {
		return ctx
	}
	return context.WithValue(ctx, propertiesKey{}, keys)
}

// Of returns the tag of a query that is asked now. The organization is the zero UUID for a query of the store's own.
func Of(ctx context.Context, organization uuid.UUID, kind string) events.Tag {
	tag := events.Tag{Kind: kind, RequestID: serve.RequestID(ctx)}
	if organization != uuid.Nil {
		tag.Organization = organization.String()
	}
	tag.Properties, _ = ctx.Value(propertiesKey{}).([]string)
	if caller, ok := auth.FromContext(ctx); ok {
		tag.Caller = caller.CredentialID
	}
	if method, ok := grpc.Method(ctx); ok {
		tag.RPC = strings.TrimPrefix(method, "/")
	}
	return tag
}

// longest is how many characters a part of a tag may have; Postgres shows the first 1024 bytes of a query.
const longest = 120

// plain keeps the letters, digits and marks that no notation of a database gives a meaning to, so that no tag ends a comment or begins a text.
func plain(s string) string {
	kept := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:", r) {
			return r
		}
		return -1
	}, s)
	return kept[:min(len(kept), longest)]
}

// The bounds of what a tag says of properties: so many of them, of so many bytes. Longer keys are left out.
const (
	mostProperties  = 32
	longestProperty = 200
)

func properties(keys []string) []string {
	kept := make([]string, 0, len(keys))
	for _, k := range keys {
		if len(k) <= longestProperty && utf8.ValidString(k) && len(kept) < mostProperties {
			kept = append(kept, k)
		}
	}
	return kept
}

// JSON writes a tag as an object of plain texts, and of the keys of properties as they are. The id may be empty.
func JSON(id string, t events.Tag) string { return write(id, t, properties(t.Properties)) }

func write(id string, t events.Tag, properties []string) string {
	text, err := json.Marshal(document{
		ID: plain(id), Organization: plain(t.Organization), Caller: plain(t.Caller), RPC: plain(t.RPC), Kind: plain(t.Kind), RequestID: plain(t.RequestID),
		Properties: properties,
	})
	if err != nil { // texts can always be written
		return "{}"
	}
	return string(text)
}

// Parse reads what JSON wrote.
func Parse(text string) (id string, t events.Tag, ok bool) {
	var d document
	if json.Unmarshal([]byte(text), &d) != nil || d.Kind == "" {
		return "", events.Tag{}, false
	}
	return d.ID, events.Tag{Organization: d.Organization, Caller: d.Caller, RPC: d.RPC, Kind: d.Kind, RequestID: d.RequestID, Properties: d.Properties}, true
}

// Comment writes a tag as a comment of SQL, without the keys of properties: any text can be one, also one that ends a comment.
func Comment(id string, t events.Tag) string { return "/*" + write(id, t, nil) + "*/ " }

// Head is how the comments of an organization's query begin.
func Head(id string, organization uuid.UUID) string {
	return strings.TrimSuffix(Comment(id, events.Tag{Organization: organization.String()}), `,"kind":""}*/ `)
}

// ParseComment reads the tag in front of a query.
func ParseComment(query string) (id string, t events.Tag, ok bool) {
	rest, ok := strings.CutPrefix(query, "/*")
	if !ok {
		return "", events.Tag{}, false
	}
	text, _, ok := strings.Cut(rest, "*/")
	if !ok {
		return "", events.Tag{}, false
	}
	return Parse(text)
}
