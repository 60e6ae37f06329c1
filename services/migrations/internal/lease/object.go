package lease

import (
	"slices"
	"strings"
)

// Covers reports whether a use, table.column or table.*, is one of the objects, table.column or table.*. A star stands for every column, on either side.
func Covers(objects []string, use string) bool {
	table, column, _ := strings.Cut(use, ".")
	return slices.ContainsFunc(objects, func(o string) bool {
		t, c, _ := strings.Cut(o, ".")
		return t == table && (c == column || c == "*" || column == "*")
	})
}

// tables returns the tables of the objects.
func tables(objects []string) []string {
	list := make([]string, 0, len(objects))
	for _, o := range objects {
		table, _, _ := strings.Cut(o, ".")
		list = append(list, table)
	}
	return list
}
