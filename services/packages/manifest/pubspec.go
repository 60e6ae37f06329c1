package manifest

import "go.yaml.in/yaml/v3"

// decodePubspecLock skips folders, and what comes with the SDK: no registry has that version.
func decodePubspecLock(content []byte) ([]entry, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	root, err := rootMapping(&document)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for key, packages := range pairs(root) {
		if key != "packages" {
			continue
		}
		for name, p := range pairs(packages) {
			entries = append(entries, pubspecEntry(name, p))
		}
	}
	return entries, nil
}

func pubspecEntry(name string, node *yaml.Node) entry {
	keys := scalars(node)
	switch keys["source"] {
	case "path", "sdk":
		return entry{}
	case "git":
		for key, description := range pairs(node) {
			if key == "description" {
				from := scalars(description)
				return entryFromGit(from["url"], from["resolved-ref"])
			}
		}
		return entry{}
	default:
		return entry{purlType: "pub", name: name, version: keys["version"]}
	}
}
