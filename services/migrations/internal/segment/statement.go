package segment

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// RefusesTransaction reports whether Postgres refuses the statement in a transaction block.
func RefusesTransaction(s sqlsplit.Statement) bool {
	words, quoted := read(s)
	if len(words) == 0 {
		return false
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	second := ""
	if len(words) > 1 {
		second = words[1]
	}
	switch words[0] {
	case "VACUUM":
		return true
	case "DISCARD":
		return second == "ALL"
	case "CLUSTER":
		// Without a table it goes through all.
		return !quoted && !slices.ContainsFunc(words[1:], func(w string) bool { return w != "VERBOSE" })
	case "REINDEX":
		return has("CONCURRENTLY") || slices.ContainsFunc(words[:min(4, len(words))], func(w string) bool { return w == "DATABASE" || w == "SCHEMA" || w == "SYSTEM" })
	case "CREATE", "DROP":
		switch second {
		case "DATABASE", "SUBSCRIPTION", "TABLESPACE":
			return true
		case "INDEX", "UNIQUE":
			return slices.Contains(words[:min(4, len(words))], "CONCURRENTLY")
		}
	case "ALTER":
		switch second {
		case "SYSTEM":
			return true
		case "DATABASE":
			return has("TABLESPACE")
		case "SUBSCRIPTION":
			return has("REFRESH")
		case "TABLE":
			return has("DETACH") && has("CONCURRENTLY")
		}
	}
	return false
}

// addsEnumValue reports whether the statement makes a value that cannot be used in the transaction that makes it.
func addsEnumValue(s sqlsplit.Statement) bool {
	words, _ := read(s)
	return begins(words, "ALTER", "TYPE") && slices.Contains(words, "ADD") && slices.Contains(words, "VALUE")
}

// Long reports whether the statement takes a time in the size of a table by design, under a lock that lets writers go on.
func Long(s sqlsplit.Statement) bool {
	words, _ := read(s)
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "ANALYSE", "ANALYZE", "REFRESH", "REINDEX", "VACUUM":
		return true
	case "CREATE", "DROP":
		return slices.Contains(words[:min(4, len(words))], "CONCURRENTLY") && RefusesTransaction(s)
	case "ALTER":
		return onlyValidates(s) || begins(words, "ALTER", "TABLE") && RefusesTransaction(s)
	}
	return false
}

// validates reports whether the statement checks rows that are there already.
func validates(s sqlsplit.Statement) bool {
	words, _ := read(s)
	i := slices.Index(words, "VALIDATE")
	return begins(words, "ALTER") && i > 0 && i+1 < len(words) && words[i+1] == "CONSTRAINT"
}

// onlyValidates reports whether every command of the ALTER is VALIDATE CONSTRAINT. Beside another one the rows are read under the
// lock of that, which is not to be held for long.
func onlyValidates(s sqlsplit.Statement) bool {
	tokens, _ := sqlsplit.Tokens(s.Text, sqlsplit.Postgres)
	depth := 0
	var command []string
	validate := func() bool { // the command ends in VALIDATE CONSTRAINT and one name
		n := len(command)
		return n > 2 && strings.EqualFold(command[n-3], "VALIDATE") && strings.EqualFold(command[n-2], "CONSTRAINT")
	}
	for _, t := range tokens {
		switch t.Kind {
		case sqlsplit.Blank:
			continue
		case sqlsplit.Open:
			depth++
		case sqlsplit.Shut:
			depth--
		}
		if t.Text != "," || depth > 0 {
			command = append(command, t.Text)
			continue
		}
		if !validate() {
			return false
		}
		command = nil
	}
	return validate()
}

func begins(words []string, with ...string) bool {
	return len(words) >= len(with) && slices.Equal(words[:len(with)], with)
}

// read returns the words of the statement in upper case, without those in quotes; quoted says that there are such.
func read(s sqlsplit.Statement) (words []string, quoted bool) {
	// What cannot be read to its end was cut by the same lexer, so that does not happen.
	tokens, _ := sqlsplit.Tokens(s.Text, sqlsplit.Postgres)
	for _, t := range tokens {
		switch t.Kind {
		case sqlsplit.Word:
			words = append(words, strings.ToUpper(t.Text))
		case sqlsplit.Quoted:
			quoted = true
		}
	}
	return words, quoted
}
