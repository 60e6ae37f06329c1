package gitfixture

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// words are what names, messages and sources are made of.
var words = strings.Fields(`account alpha array async audit batch beacon branch bridge broker buffer bundle cache
	canvas carrier chain channel charge cipher client cluster codec column commit config cursor daemon delta digest
	driver editor engine entry event fabric fetch filter flag folder format frame gateway graph grid handle hash
	header helper index input journal kernel label layer ledger limit link list locale loop mapper marker matrix
	merge metric mirror module monitor network node object option order output packet parser patch pattern pipe
	plugin policy pool portal prefix probe proxy query queue range reader record region relay render report retry
	ring route rule runner sample schema scope search sensor series server session shard signal socket source stack
	state stream string switch table target task template thread ticket timer token trace tracker tree trigger tunnel
	union update upload user value vector view watch worker writer zone`)

func word(random *rand.Rand) string { return words[random.IntN(len(words))] }

func phrase(random *rand.Rand, count int) string {
	parts := make([]string, count)
	for i := range parts {
		parts[i] = word(random)
	}
	return strings.Join(parts, " ")
}

// code is a line as programs have it.
func code(random *rand.Rand) string {
	a, b, c := word(random), word(random), word(random)
	switch random.IntN(7) {
	case 0:
		return ""
	case 1:
		return "\t\treturn nil, fmt.Errorf(\"" + a + " " + b + ": %w\", err)"
	case 2:
		return "\tif " + a + "." + b + " != nil {"
	case 3:
		return "\t}"
	case 4:
		return "// " + phrase(random, 6+random.IntN(8)) + "."
	case 5:
		return "\t" + a + ", err := " + b + "." + c + "(ctx, " + word(random) + ")"
	default:
		return fmt.Sprintf("\t%s.%s[%d] = %s(%s)", a, b, random.IntN(100), c, word(random))
	}
}

// hex is a run of random hexadecimal digits, derived from a text so that the same package version always has the same.
func hex(of string, digits int) string {
	var b strings.Builder
	h := uint64(14695981039346656037)
	for b.Len() < digits {
		for i := range len(of) {
			h = (h ^ uint64(of[i])) * 1099511628211
		}
		h ^= h >> 29
		fmt.Fprintf(&b, "%016x", h)
	}
	return b.String()[:digits]
}
