package vers

import "strings"

// semanticTypes have versions that begin with a number; their parser is lenient, and takes any other text for the version 0.
var semanticTypes = map[string]bool{
	"bitnami":          true,
	"cargo":            true,
	"golang":           true,
	"hex":              true,
	"julia":            true,
	"npm":              true,
	"pub":              true,
	"swift":            true,
	"vscode-extension": true,
}

// ordered tells versions from what is written in their place and has no order: "latest", "next-13", a commit, a branch of Composer.
func ordered(purlType, version string) bool {
	switch {
	case semanticTypes[purlType]:
		return beginsWithNumber(version)
	case purlType == "composer":
		return hasDigit(version) && !strings.HasPrefix(strings.ToLower(version), "dev-")
	default:
		return hasDigit(version)
	}
}

// beginsWithNumber is true for 1, v1.2 and =1-rc, and not for 4d65b3a, a commit that begins with a digit.
func beginsWithNumber(version string) bool {
	number := strings.TrimLeft(version, " =vV")
	rest := strings.TrimLeft(number, "0123456789")
	return rest != number && (rest == "" || strings.ContainsRune(".-+", rune(rest[0])))
}

// hasDigit tells versions from names where the rules leave much open.
func hasDigit(version string) bool { return strings.ContainsAny(version, "0123456789") }
