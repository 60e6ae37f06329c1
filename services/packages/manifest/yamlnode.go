package manifest

import (
	"errors"
	"iter"
	"slices"

	"go.yaml.in/yaml/v3"
)

var (
	errAlias     = errors.New("it has aliases")
	errNoMapping = errors.New("it is no mapping")
)

// rootMapping is the mapping that a document is. Its aliases are refused: no tool writes them into a lock file, and each could stand for the rest of the file.
func rootMapping(document *yaml.Node) (*yaml.Node, error) {
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errNoMapping
	}
	if hasAlias(document) {
		return nil, errAlias
	}
	return document.Content[0], nil
}

// hasAlias descends as deep as the parser has let the document nest.
func hasAlias(node *yaml.Node) bool {
	return node.Kind == yaml.AliasNode || slices.ContainsFunc(node.Content, hasAlias)
}

// pairs are the keys and values of a mapping, none where there is none. Decoding into Go's types compares each key of a mapping with each other, which is
// quadratic; walking the nodes is not.
func pairs(node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if key := node.Content[i]; key.Kind == yaml.ScalarNode && !yield(key.Value, node.Content[i+1]) {
				return
			}
		}
	}
}

// scalars are the keys of a mapping that have scalars.
func scalars(node *yaml.Node) map[string]string {
	values := make(map[string]string)
	for key, value := range pairs(node) {
		if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			values[key] = value.Value
		}
	}
	return values
}
