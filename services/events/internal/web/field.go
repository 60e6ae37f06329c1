package web

import (
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"devtrail.dev/kit/git"
)

// maxNamed is the longest name of a field that is not known which is told to who sent it.
const maxNamed = 100

// badField is the field of a message whose JSON cannot be read, as the contract spells it, or the member that the contract does not know; "" when it is none in
// particular. Errors of protojson name some fields and not others, like those of times.
func badField(raw json.RawMessage, of protoreflect.MessageType) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		alone, err := json.Marshal(map[string]json.RawMessage{name: members[name]})
		if err != nil || protojson.Unmarshal(alone, of.New().Interface()) == nil {
			continue
		}
		field := fieldNamed(name, of)
		if field == nil {
			return git.Plain(name, maxNamed)
		}
		if field.Message() != nil && !field.IsList() {
			if inner := badField(members[name], of.New().NewField(field).Message().Type()); inner != "" {
				return string(field.Name()) + "." + inner
			}
		}
		return string(field.Name())
	}
	return ""
}

// fieldNamed finds a field by either name that JSON has for it.
func fieldNamed(name string, of protoreflect.MessageType) protoreflect.FieldDescriptor {
	fields := of.Descriptor().Fields()
	if field := fields.ByJSONName(name); field != nil {
		return field
	}
	return fields.ByName(protoreflect.Name(name))
}
