package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// adviceRules judge the types of columns.
func adviceRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-suspicious-low-cardinality", Severity: rule.Error,
			Reason:      "LowCardinality of a number, date or UUID is refused (code 455) or slower than the plain type",
			Alternative: "the type without LowCardinality",
		}, suspiciousLowCardinality},
		{rule.Rule{
			Name: "ch-low-cardinality-on-id-like-column", Severity: rule.Warning,
			Reason:      "the dictionary of LowCardinality helps below about 10 000 distinct values",
			Alternative: "trace_id String CODEC(ZSTD(1))",
		}, lowCardinalityOnID},
		{rule.Rule{
			Name: "ch-nullable-low-cardinality-nesting", Severity: rule.Error,
			Reason:      "Nullable cannot hold LowCardinality (code 43)",
			Alternative: "LowCardinality(Nullable(String))",
		}, nullableLowCardinality},
		{rule.Rule{
			Name: "ch-prefer-default-over-nullable", Severity: rule.Info,
			Reason:      "Nullable keeps a second file of marks for each column, and is worth it only where NULL means something",
			Alternative: "c UInt32 DEFAULT 0",
		}, preferDefault},
		{rule.Rule{
			Name: "ch-consider-low-cardinality", Severity: rule.Info,
			Reason:      "a column of few distinct texts is smaller and faster as LowCardinality(String)",
			Alternative: "country LowCardinality(String)",
		}, considerLowCardinality},
		{rule.Rule{
			Name: "ch-prefer-native-types", Severity: rule.Info,
			Reason:      "dates, ids, numbers and flags kept as String are larger, slower and unchecked",
			Alternative: "id UUID, created_at DateTime('UTC'), count UInt32, is_active Bool",
		}, preferNative},
		{rule.Rule{
			Name: "ch-minimize-bit-width", Severity: rule.Info,
			Reason:      "the column holds small numbers, and the width is paid for in memory",
			Alternative: "status_code UInt16, age UInt8, year UInt16",
		}, minimizeWidth},
		{rule.Rule{
			Name: "ch-datetime-without-timezone", Severity: rule.Info,
			Reason:      "without a zone the text of a time depends on the server that reads or writes it",
			Alternative: "ts DateTime('UTC')",
		}, dateTimeWithoutZone},
		{rule.Rule{
			Name: "ch-codec-without-general-compression", Severity: rule.Info,
			Reason:      "Delta, DoubleDelta and Gorilla only prepare the values, and Delta takes no String (code 36)",
			Alternative: "CODEC(Delta, ZSTD(1))",
		}, codecAlone},
	}
}

// typed calls look for each column that the statement gives a type.
func (c *check) typed(look func(defined)) {
	for _, col := range c.columns() {
		if col.typ.known() {
			look(col)
		}
	}
}

// suspiciousLowCardinality finds LowCardinality of anything but texts.
func suspiciousLowCardinality(c *check) {
	c.typed(func(col defined) {
		if col.typ.any(func(t dataType) bool { return t.name == "LowCardinality" && !t.plain().isString() }) {
			c.report(col.pos, col.name+" is "+col.typ.String()+", and LowCardinality is for texts", "")
		}
	})
}

// identifying are last words of names whose values are nearly all different.
var identifying = []string{"id", "uuid", "guid", "ulid", "url", "uri", "email", "token", "hash", "trace", "md5", "sha1", "sha256", "fingerprint", "useragent", "referrer", "referer"}

// lowCardinalityOnID finds LowCardinality texts whose name says that they are nearly all different.
func lowCardinalityOnID(c *check) {
	c.typed(func(col defined) {
		w := words(col.name)
		last := w[len(w)-1]
		identifies := slices.Contains(identifying, last) || len(w) > 1 && last == "address" && (w[len(w)-2] == "email" || w[len(w)-2] == "ip")
		if identifies && col.typ.name == "LowCardinality" && col.typ.plain().isString() {
			c.report(col.pos, col.name+" has too many distinct values for "+col.typ.String(), "")
		}
	})
}

// nullableLowCardinality finds Nullable around LowCardinality.
func nullableLowCardinality(c *check) {
	c.typed(func(col defined) {
		if col.typ.any(func(t dataType) bool { return t.name == "Nullable" && t.inner().name == "LowCardinality" }) {
			c.report(col.pos, col.name+" is "+col.typ.String()+", which the server refuses", "")
		}
	})
}

// endings are words that speak of something that may not have happened or not exist: there NULL has a meaning.
var endings = []string{
	"deleted", "removed", "archived", "ended", "end", "finished", "completed", "closed", "cancelled", "canceled", "expires", "expired", "expiry", "resolved", "revoked", "disabled",
	"parent", "previous", "prev", "next", "superseded", "replaced", "merged", "processed", "last", "confirmed", "verified", "approved", "rejected", "shipped", "delivered", "paid",
	"refunded", "published", "suspended", "acknowledged", "manager", "optional", "until",
}

// preferDefault finds Nullable columns whose name does not say what NULL means.
func preferDefault(c *check) {
	c.typed(func(col defined) {
		meaningful := slices.ContainsFunc(words(col.name), func(w string) bool { return slices.Contains(endings, w) })
		if col.typ.nullable() && !meaningful {
			c.report(col.pos, col.name+" is "+col.typ.String()+"; a default says the same for less", "")
		}
	})
}

// categories are last words of names that take few values.
var categories = []string{
	"country", "browser", "status", "state", "category", "region", "os", "platform", "device", "currency", "language", "lang", "locale", "level", "severity", "kind", "type", "method",
	"protocol", "environment", "env", "service", "tier", "plan", "gender", "role", "channel", "source", "medium", "priority", "brand", "city", "continent", "department", "segment",
	"provider", "vendor", "datacenter", "zone", "action", "outcome", "stage", "mode", "scheme", "timezone", "cluster", "namespace", "industry",
}

// namedCategories are things whose name is one of few; a name alone is not.
var namedCategories = []string{"event", "service", "browser", "os", "country", "platform", "device", "app", "metric", "host", "cluster", "region", "city", "product", "brand", "category"}

// considerLowCardinality finds texts whose name says that they take few values.
func considerLowCardinality(c *check) {
	c.typed(func(col defined) {
		if (col.typ.name == "Nullable" || col.typ.name == "String") && col.typ.plain().name == "String" && isCategory(col.name) {
			c.report(col.pos, col.name+" is a "+col.typ.String()+" of few distinct values", "")
		}
	})
}

func isCategory(name string) bool {
	w := words(name)
	last := w[len(w)-1]
	if slices.Contains(categories, last) {
		return true
	}
	if len(w) < 2 {
		return false
	}
	before := w[len(w)-2]
	return last == "name" && slices.Contains(namedCategories, before) || last == "code" && slices.Contains([]string{"country", "currency", "language", "region"}, before)
}

// preferNative finds texts whose name says that they are dates, ids, numbers or flags.
func preferNative(c *check) {
	c.typed(func(col defined) {
		if col.typ.plain().name != "String" {
			return
		}
		if what := nativeKind(col.name); what != "" && (col.typ.name != "LowCardinality" || what != "an id") {
			c.report(col.pos, col.name+" is a "+col.typ.String()+", and its name says that it is "+what, "")
		}
	})
}

// counts are last words of names of numbers.
var counts = []string{
	"count", "amount", "price", "quantity", "qty", "total", "sum", "age", "year", "month", "size", "bytes", "duration", "latency", "ms", "seconds", "number", "score", "rating",
	"percent", "percentage", "port", "latitude", "longitude", "lat", "lon", "lng", "weight", "height", "width", "balance", "cost", "revenue",
}

func nativeKind(name string) string {
	w := words(name)
	last := w[len(w)-1]
	switch {
	case isTimeName(name):
		return "a time"
	case isID(name):
		return "an id"
	case w[0] == "is" || w[0] == "has" || last == "flag" || last == "enabled":
		return "a flag"
	case slices.Contains(counts, last):
		return "a number"
	case last == "ip" || last == "ipv4" || last == "ipv6" || len(w) > 1 && last == "address" && w[len(w)-2] == "ip":
		return "an address"
	default:
		return ""
	}
}

// small are last words of names of numbers below 65 536.
var small = []string{
	"age", "year", "month", "day", "hour", "minute", "second", "weekday", "port", "percent", "percentage", "rating", "level", "priority", "flag", "rank", "status", "severity", "quarter",
	"week", "attempt", "attempts", "retries", "floor", "bool", "enabled",
}

// minimizeWidth finds 64-bit numbers whose name says that they are small.
func minimizeWidth(c *check) {
	c.typed(func(col defined) {
		w := words(col.name)
		last := w[len(w)-1]
		isCode := len(w) > 1 && last == "code" && slices.Contains([]string{"status", "http", "response", "error", "exit", "country"}, w[len(w)-2])
		if col.typ.plain().bits() >= 64 && (slices.Contains(small, last) || isCode || w[0] == "is" || w[0] == "has") {
			c.report(col.pos, col.name+" is "+col.typ.String()+", and its name says that it is small", "")
		}
	})
}

// dateTimeWithoutZone finds DateTime and DateTime64 without a time zone.
func dateTimeWithoutZone(c *check) {
	c.typed(func(col defined) {
		if col.typ.any(func(t dataType) bool {
			return t.name == "DateTime" && len(t.args) == 0 || t.name == "DateTime64" && len(t.args) < 2
		}) {
			c.report(col.pos, col.name+" is "+col.typ.String()+" without a time zone", "")
		}
	})
}

// preparing are the codecs that leave the number of bytes as it is.
var preparing = []string{"delta", "doubledelta", "gorilla", "t64", "fpc", "gcd", "none"}

// codecAlone finds codecs without one that compresses, and Delta on texts.
func codecAlone(c *check) {
	for _, col := range c.columns() {
		if len(col.codec) == 0 {
			continue
		}
		prepares, compresses, delta := false, false, false
		for _, e := range col.codec {
			name := strings.ToLower(e[:min(1, len(e))].String())
			switch {
			case name == "none":
			case slices.Contains(preparing, name):
				prepares = true
				delta = delta || name != "t64"
			default:
				compresses = true
			}
		}
		typ := col.typ
		if !typ.known() && col.old != nil {
			typ = col.old.typ
		}
		switch {
		case prepares && !compresses:
			c.report(col.pos, "the codec of "+col.name+" prepares values and compresses none", "")
		case delta && typ.plain().name == "String":
			c.report(col.pos, "the codec of "+col.name+" is for values of fixed size, not for a "+typ.String(), "")
		}
	}
}
