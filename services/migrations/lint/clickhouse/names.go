package clickhouse

import (
	"slices"
	"strings"
	"unicode"
)

// words cuts a name into lower-case words: created_at, createdAt and n.created_at all end in at.
func words(name string) []string {
	var list []string
	var word []rune
	finish := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
			word = nil
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case r == '_' || r == '.' || r == '-' || r == ' ':
			finish()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))):
			finish()
		}
		word = append(word, r)
	}
	finish()
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

func lastWord(name string) string {
	w := words(name)
	return w[len(w)-1]
}

// isID reports whether a name is that of an id.
func isID(name string) bool {
	return slices.Contains([]string{"id", "uuid", "guid", "ulid"}, lastWord(name))
}

// owners are those to whom many rows belong, of which there are few.
var owners = []string{
	"tenant", "org", "organization", "organisation", "account", "team", "project", "workspace", "company", "site", "app", "application", "shard", "region", "country",
	"category", "type", "status", "metric", "service", "cluster", "store", "shop", "brand", "namespace", "database", "partition", "fingerprint",
}

// isOwner reports whether a name is the id of an owner.
func isOwner(name string) bool {
	w := words(name)
	return len(w) > 1 && isID(name) && slices.Contains(owners, w[len(w)-2])
}

// rowIDs are things of which each row is one.
var rowIDs = []string{"event", "trace", "span", "request", "session", "message", "transaction", "log", "row", "record", "visit", "pageview", "click", "impression", "txn", "correlation"}

// isRowID reports whether a name is the id of the row itself or of something as fine.
func isRowID(name string) bool {
	w := words(name)
	return isID(name) && (len(w) == 1 || slices.Contains(rowIDs, w[len(w)-2]))
}

// singular makes events an event.
func singular(name string) string {
	name = lastWord(name)
	if s, ok := strings.CutSuffix(name, "ies"); ok {
		return s + "y"
	}
	return strings.TrimSuffix(name, "s")
}

// isTimeName reports whether a name is that of a time.
func isTimeName(name string) bool {
	switch lastWord(name) {
	case "at", "ts", "time", "timestamp", "datetime", "date", "day":
		return true
	default:
		return false
	}
}
