package plan

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// column is one column of a table to be filled.
type column struct {
	Name     string
	Type     string
	Category string
	Labels   []string
	// Required columns refuse NULL.
	Required bool
	// Checks are the names of the checks that look at it.
	Checks []string
	// Others are texts that may fit the checks, besides the simplest.
	Others []string
}

var (
	literals = regexp.MustCompile(`'((?:[^']|'')*)'`)
	numbers  = regexp.MustCompile(`\b\d{1,9}\b`)
)

// newColumn gathers the values that may fit: what the checks name, numbers beside those they name, texts as long as those, and shapes that checks often ask for.
func newColumn(name, of, category string, labels []string, required bool, checks, texts []string) column {
	c := column{Name: name, Type: of, Category: category, Labels: labels, Required: required, Checks: checks}
	if len(checks) == 0 {
		return c
	}
	for _, label := range labels {
		c.offer(label)
	}
	var named []int
	for _, text := range texts {
		for _, m := range literals.FindAllStringSubmatch(text, -1) {
			literal := strings.ReplaceAll(m[1], "''", "'")
			c.offer(literal)
			c.offer(strings.NewReplacer("%", "a", "_", "a").Replace(literal))
		}
		for _, m := range numbers.FindAllString(literals.ReplaceAllString(text, ""), -1) {
			if n, err := strconv.Atoi(m); err == nil {
				named = append(named, n)
			}
		}
	}
	switch category {
	case "B":
		c.offer("true", "false")
	case "D":
		c.offer("2026-02-01", "2000-01-01")
	case "N":
		for _, n := range append(named, 0, 1, 2) {
			c.offer(strconv.Itoa(n), strconv.Itoa(n+1), strconv.Itoa(n-1))
		}
	case "S", "U":
		if of == "uuid" {
			c.offer("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")
		}
		c.shapes(named)
	}
	return c
}

func (c *column) shapes(lengths []int) {
	const longest = 10_000
	for _, n := range lengths {
		switch {
		case n <= 0 || n > longest:
		case c.base() == "bytea":
			c.offer(`\x` + strings.Repeat("00", n))
		case c.Category == "S":
			c.offer(strings.Repeat("a", n), strings.Repeat("1", n))
		}
	}
	if c.Category == "S" {
		c.offer("aaaaaaaa", "A", "1", "a@a.example", "https://a.example/a", "a/b", "2026-01-01", "", "a:a", "en", "EUR")
	}
}

// offer adds texts that the type of the column may read.
func (c *column) offer(texts ...string) {
	for _, text := range texts {
		if !slices.Contains(c.Others, text) {
			c.Others = append(c.Others, text)
		}
	}
}

func (c *column) literal(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'::" + c.Type
}

// base is the name of the type without its limits.
func (c *column) base() string {
	base, _, _ := strings.Cut(c.Type, "(")
	return base
}

// candidates are literals for the column of the n-th row, the simplest first. Those of the second row differ from those of the first where they can.
func (c *column) candidates(n int) []string {
	list := []string{c.simplest(n)}
	if n > 1 {
		other := strings.NewReplacer("a", "b", "00", "01")
		for _, text := range c.Others {
			list = append(list, c.literal(other.Replace(text)))
		}
	}
	for _, text := range c.Others {
		list = append(list, c.literal(text))
	}
	if !c.Required {
		list = append(list, "NULL")
	}
	return list
}

// simplest is a literal that the type of the column reads; n makes those of two rows differ.
func (c *column) simplest(n int) string {
	digit := strconv.Itoa(n)
	base := c.base()
	switch {
	case len(c.Labels) > 0:
		return c.literal(c.Labels[0])
	case c.Category == "A":
		return c.literal("{}")
	case c.Category == "B":
		return "true"
	case c.Category == "D" && strings.HasPrefix(base, "time") && !strings.HasPrefix(base, "timestamp"):
		return c.literal("00:00:0" + digit)
	case c.Category == "D":
		return c.literal("2026-01-0" + digit)
	case c.Category == "I":
		return c.literal("10.0.0." + digit)
	case c.Category == "N":
		return c.literal(digit)
	case c.Category == "R":
		return c.literal("empty")
	case c.Category == "T":
		return c.literal(digit + " s")
	case c.Category == "V":
		return c.literal("1")
	}
	switch base {
	case "uuid":
		return c.literal("00000000-0000-0000-0000-00000000000" + digit)
	case "json", "jsonb":
		return c.literal("{}")
	case "bytea":
		return c.literal(`\x0` + digit)
	case "xml":
		return c.literal("<a/>")
	}
	if c.Category != "S" && c.Category != "U" {
		return "NULL"
	}
	return c.literal(string(rune('a' + n - 1)))
}
