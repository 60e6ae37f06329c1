package manifest

import (
	"cmp"
	"fmt"
	"strings"

	"deps.dev/util/maven"
)

// Limits of what the properties of a pom.xml may become. Each property may name others twice over, so a file of 2 KB could ask for terabytes.
const (
	maxExpanded      = 64 << 10
	maxExpandedTotal = 64 << 20
	maxPropertyDepth = 200
)

// expansion is what a property, or a text with properties in it, becomes. It is not resolved where a property is not defined, or defined by itself.
type expansion struct {
	text     string
	resolved bool
}

// interpolator replaces ${properties}. It remembers each property, so its cost is that of the file and of what it writes; the library's own way resolves a
// property anew each time it is named, which is exponential.
type interpolator struct {
	defined map[string]string
	done    map[string]expansion
	total   int
}

// newInterpolator knows the properties of the file, and those that each project has by itself. A project that states no group or version has those of its
// parent, which the file names too.
func newInterpolator(project *maven.Project) *interpolator {
	defined := make(map[string]string, len(project.Properties.Properties)+18)
	for _, p := range project.Properties.Properties {
		defined[p.Name] = p.Value
	}
	for _, p := range []struct {
		name  string
		value maven.String
	}{
		{"groupId", cmp.Or(project.GroupID, project.Parent.GroupID)},
		{"artifactId", project.ArtifactID},
		{"version", cmp.Or(project.Version, project.Parent.Version)},
		{"parent.groupId", project.Parent.GroupID},
		{"parent.artifactId", project.Parent.ArtifactID},
		{"parent.version", project.Parent.Version},
	} {
		if p.value == "" {
			continue
		}
		// Without a prefix, what the file defines goes first.
		if _, ok := defined[p.name]; !ok {
			defined[p.name] = string(p.value)
		}
		defined["pom."+p.name] = string(p.value)
		defined["project."+p.name] = string(p.value)
	}
	return &interpolator{defined: defined, done: make(map[string]expansion, len(defined))}
}

// dependencies are those whose group, artifact and version have no property that is not defined, with their values. The others, a classifier of a profile as
// a rule, decide nothing about the package and may keep theirs.
func (i *interpolator) dependencies(stated []maven.Dependency) ([]maven.Dependency, error) {
	const deciding = 3
	var kept []maven.Dependency
	for _, d := range stated {
		if d.GroupID == "" || d.ArtifactID == "" {
			continue
		}
		resolved := true
		for n, text := range []*maven.String{&d.GroupID, &d.ArtifactID, &d.Version, &d.Scope, &d.Type, &d.Classifier} {
			e, err := i.expand(string(*text), 0)
			if err != nil {
				return nil, err
			}
			*text = maven.String(e.text)
			resolved = resolved && (e.resolved || n >= deciding)
		}
		if resolved {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// expand replaces the properties in a text.
func (i *interpolator) expand(text string, depth int) (expansion, error) {
	if !strings.Contains(text, "${") {
		return expansion{text: text, resolved: true}, nil
	}
	if depth > maxPropertyDepth {
		return expansion{}, fmt.Errorf("its properties are defined by each other more than %d deep", maxPropertyDepth)
	}
	var b strings.Builder
	resolved := true
	for {
		before, rest, found := strings.Cut(text, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			b.WriteString(text)
			break
		}
		e, err := i.property(name, depth)
		if err != nil {
			return expansion{}, err
		}
		b.WriteString(before)
		b.WriteString(e.text)
		resolved = resolved && e.resolved
		text = after
		if b.Len() > maxExpanded {
			return expansion{}, fmt.Errorf("a text becomes longer than %d bytes by its properties", maxExpanded)
		}
	}
	if i.total += b.Len(); i.total > maxExpandedTotal {
		return expansion{}, fmt.Errorf("its properties become more than %d bytes", maxExpandedTotal)
	}
	return expansion{text: b.String(), resolved: resolved}, nil
}

// property is what one property becomes.
func (i *interpolator) property(name string, depth int) (expansion, error) {
	if e, ok := i.done[name]; ok {
		return e, nil
	}
	value, ok := i.defined[name]
	// Until its value is known a property is as good as undefined, which ends a cycle.
	i.done[name] = expansion{text: "${" + name + "}"}
	if !ok {
		return i.done[name], nil
	}
	e, err := i.expand(value, depth+1)
	if err != nil {
		return expansion{}, err
	}
	i.done[name] = e
	return e, nil
}
