package manifest

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"strings"

	"deps.dev/util/maven"
	"golang.org/x/net/html/charset"
)

// readPom reads a pom.xml by itself: neither parents nor imported dependency management, which are other files or on a network. What they alone define is
// without version.
func readPom(_ context.Context, content []byte) ([]entry, error) {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	// Old projects write ISO-8859-1 and HTML entities.
	decoder.CharsetReader = charsetReader
	decoder.Entity = xml.HTMLEntity
	var project maven.Project
	if err := decoder.Decode(&project); err != nil {
		return nil, err
	}
	addDefaultProfiles(&project)
	stated := project.Dependencies
	properties := newInterpolator(&project)
	var err error
	if project.Dependencies, err = properties.dependencies(stated); err != nil {
		return nil, err
	}
	if project.DependencyManagement.Dependencies, err = properties.dependencies(project.DependencyManagement.Dependencies); err != nil {
		return nil, err
	}
	entries := undefined(stated, project.Dependencies)
	project.ProcessDependencies(func(maven.String, maven.String, maven.String) (maven.DependencyManagement, error) {
		return maven.DependencyManagement{}, nil
	})
	for _, d := range project.Dependencies {
		entries = append(entries, entry{
			purlType:  "maven",
			namespace: string(d.GroupID),
			name:      string(d.ArtifactID),
			version:   exactMavenVersion(string(d.Version)),
		})
	}
	return entries, nil
}

// addDefaultProfiles adds what the profiles that are active by default define: their properties and management go before those of the project. Whether others
// are active is decided by the machine and the command line. The library's own way copies all properties for each profile.
func addDefaultProfiles(project *maven.Project) {
	var managed []maven.Dependency
	for _, p := range project.Profiles {
		if !p.Activation.ActiveByDefault.Boolean() {
			continue
		}
		project.Properties.Properties = append(project.Properties.Properties, p.Properties.Properties...)
		project.Dependencies = append(project.Dependencies, p.Dependencies...)
		managed = append(managed, p.DependencyManagement.Dependencies...)
	}
	project.DependencyManagement.Dependencies = append(managed, project.DependencyManagement.Dependencies...)
}

// charsetReader gives UTF-8. What was in UTF-16 is UTF-8 already, by its byte order mark.
func charsetReader(label string, content io.Reader) (io.Reader, error) {
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return content, nil
	}
	return charset.NewReaderLabel(label, content)
}

// undefined are the dependencies that interpolation has dropped, since a property of theirs is defined elsewhere: in a parent as a rule.
func undefined(stated, kept []maven.Dependency) []entry {
	names := make(map[string]bool, len(kept))
	for _, d := range kept {
		names[d.Name()] = true
	}
	entries := make([]entry, 0, len(stated))
	for _, d := range stated {
		if !names[d.Name()] && !strings.Contains(d.Name(), "$") {
			entries = append(entries, entry{purlType: "maven", namespace: string(d.GroupID), name: string(d.ArtifactID)})
		}
	}
	// The others have the property in their name: no purl can name them.
	for len(entries) < len(stated)-len(kept) {
		entries = append(entries, entry{})
	}
	return entries
}

// exactMavenVersion is the version that a requirement allows when it allows one: 1.0 and [1.0], not [1.0,2.0), LATEST or a property that a parent defines.
func exactMavenVersion(requirement string) string {
	if inner, ok := strings.CutPrefix(requirement, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if !closed || strings.ContainsAny(inner, "[]()") {
			return ""
		}
		requirement = inner
	}
	if strings.ContainsAny(requirement, "[](),$") {
		return ""
	}
	requirement = strings.TrimSpace(requirement)
	if requirement == "LATEST" || requirement == "RELEASE" {
		return ""
	}
	return requirement
}
