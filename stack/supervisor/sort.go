package supervisor

import (
	"fmt"
	"slices"
	"strings"
)

// sort orders the table so that each process comes after the ones it depends
// on and otherwise keeps its place.
func sort(table []Process) ([]Process, error) {
	known := map[string]bool{}
	for _, p := range table {
		if known[p.Name] {
			return nil, fmt.Errorf("process %q is in the table twice", p.Name)
		}
		known[p.Name] = true
	}
	for _, p := range table {
		for _, dep := range p.Deps {
			if !known[dep] {
				return nil, fmt.Errorf("process %q depends on %q, which is not in the table", p.Name, dep)
			}
		}
	}
	var sorted []Process
	placed := map[string]bool{}
	rest := slices.Clone(table)
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(p Process) bool {
			return !slices.ContainsFunc(p.Deps, func(dep string) bool { return !placed[dep] })
		})
		if next < 0 {
			return nil, fmt.Errorf("these processes wait for each other: %s", names(rest))
		}
		placed[rest[next].Name] = true
		sorted = append(sorted, rest[next])
		rest = slices.Delete(rest, next, next+1)
	}
	return sorted, nil
}

func names(table []Process) string {
	var list []string
	for _, p := range table {
		list = append(list, p.Name)
	}
	return strings.Join(list, ", ")
}
