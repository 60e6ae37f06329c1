package identity

import (
	"slices"
	"strings"
)

// Values that programs send when they know nobody. Linking one would make strangers one person.
var (
	// genericAnyCase are compared without letter case.
	genericAnyCase = []string{
		"-1", "anonymous", "distinct_id", "distinctid", "email", "false", "guest", "id", "not_authenticated", "true", "undefined",
	}
	// genericExactCase are compared as they are: a person may be called None in another case.
	genericExactCase = []string{"0", "NaN", "None", "[object Object]", "none", "null"}
	// placeholderAddresses are e-mail addresses that tools and tutorials fill in.
	placeholderAddresses = []string{"[redacted]", "noreply@github.com", "you@example.com"}
	// localDomains end addresses that Git makes up from the host name: every machine has its own root@localhost.
	localDomains = []string{"(none)", "local", "localdomain", "localhost"}
)

// isGeneric reports whether a value names nobody: as given, in canonical form, or by its subject.
func isGeneric(kind Kind, forms ...string) bool {
	if kind == KindGitEmail && slices.ContainsFunc(forms, isPlaceholderAddress) {
		return true
	}
	return slices.ContainsFunc(forms[:1], isGenericValue) ||
		slices.ContainsFunc(forms[1:], func(form string) bool { return form != "" && isGenericValue(form) })
}

// isGenericValue judges a value also behind quotation marks, which careless senders leave on.
func isGenericValue(value string) bool {
	value = strings.TrimSpace(strings.Trim(value, `"'`))
	// Blank, or zeros and dashes only: an unset number, an unset UUID.
	if strings.Trim(value, "0-") == "" {
		return true
	}
	return slices.Contains(genericExactCase, value) || slices.Contains(genericAnyCase, strings.ToLower(value))
}

// isPlaceholderAddress judges an address also behind quotation marks, brackets and blanks, and a host also with the dot that may end its name.
func isPlaceholderAddress(value string) bool {
	if value == "" {
		return false
	}
	bare := strings.Trim(value, "\"'<> ")
	if isGenericValue(bare) {
		return true
	}
	bare = strings.TrimSuffix(strings.ToLower(bare), ".")
	if slices.Contains(placeholderAddresses, bare) {
		return true
	}
	_, domain, found := strings.Cut(bare, "@")
	return found && slices.Contains(localDomains, domain[strings.LastIndex(domain, ".")+1:])
}
