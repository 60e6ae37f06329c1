package privacy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"devtrail.dev/services/events"
)

// original is the key under which sources keep what they were sent. It may repeat a name anywhere, in an address or in a sentence: a rule for a kind of text
// takes it away as a whole.
const original = "original"

// keys are the names under which sources send files and branches; the link to a comparison has the branch in it. Keys are compared in lower case and without the marks between words.
var keys = map[events.PrivacyField]map[string]bool{
	events.FileNames: set("added", "cwd", "directory", "elsewhere", "entity", "file", "filename", "filenames", "filepath", "files", "folder", "manifest", "manifestpath", "manifests", "modified", "newfile", "newfilename",
		"newpath", "oldfile", "oldfilename", "oldpath", "path", "paths", "previousfilename", "removed", "workingdirectory", "workflow", "worktree"),
	events.BranchNames: set("base", "basebranch", "baseref", "branch", "branches", "branchname", "compare", "defaultbranch", "head", "headbranch", "headref", "prettyref", "ref", "refname",
		"refs", "sourcebranch", "target", "targetbranch", "vcsrefheadname", "vcsrefbasename"),
}

// longest is the length of the longest name: whoever sends a key of a million words is not to be read a million times.
var longest = func() (n int) {
	for _, names := range keys {
		for name := range names {
			n = max(n, len(name))
		}
	}
	return n
}()

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, n := range names {
		all[n] = true
	}
	return all
}

var marks = strings.NewReplacer("_", "", "-", "", " ", "")

// object applies the rules to the canonical JSON object of an event in a project and returns one.
func (r *rules) object(text, project string) (string, error) {
	if r.fields[events.ProjectName] == 0 {
		project = ""
	}
	if text == "{}" || !r.concern(text, project) {
		return text, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // keeps every digit
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return "", events.ErrPropertiesInvalid.With("%s", "the properties cannot be read")
	}
	if len(r.fields) > 0 {
		delete(members, original)
	}
	r.members(members, r.properties, strings.ToLower(project))
	out, err := encode(members)
	if err != nil {
		return "", err
	}
	return events.CanonicalObject(out)
}

// concern tells whether there may be something to do, so that most objects need not be read for the fields of the event alone.
func (r *rules) concern(text, project string) bool {
	return r.properties.children != nil || r.fields[events.FileNames] != 0 || r.fields[events.BranchNames] != 0 ||
		len(r.fields) > 0 && strings.Contains(text, `"`+original+`"`) || project != ""
}

// scheme is what tells an address from other texts.
const scheme = "://"

func encode(value any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// members applies the rules below a place in the tree of paths; at is nil where no path leads on. A key with dots in it matches a path, too. The project is in
// lower case, and empty when no rule is for it.
func (r *rules) members(object map[string]any, at *node, project string) {
	for key, value := range object {
		below := at.follow(key)
		action := r.action(key, value)
		if action == 0 && namesProject(value, project) {
			action = r.fields[events.ProjectName]
		}
		if below != nil && below.action != 0 {
			action = below.action
		}
		switch action {
		case events.PrivacyDrop:
			delete(object, key)
		case events.PrivacyHash:
			object[key] = r.hashed(value)
		default:
			r.below(value, below, project)
		}
	}
}

// namesProject tells whether a text, or one in a list, is a project or an address in it.
func namesProject(value any, project string) bool {
	if project == "" {
		return false
	}
	switch v := value.(type) {
	case string:
		return strings.EqualFold(v, project) || strings.Contains(v, scheme) && strings.Contains(strings.ToLower(v), project)
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return namesProject(one, project) })
	}
	return false
}

func (n *node) follow(key string) *node {
	if n == nil {
		return nil
	}
	if n.children[key] != nil || !strings.Contains(key, ".") {
		return n.children[key]
	}
	for part := range strings.SplitSeq(key, ".") {
		if n = n.children[part]; n == nil {
			return nil
		}
	}
	return n
}

// action is what the rules for files and branches say of a key. A number of files or whether there are any names none.
func (r *rules) action(key string, value any) events.PrivacyAction {
	if r.fields[events.FileNames] == 0 && r.fields[events.BranchNames] == 0 {
		return 0
	}
	switch value.(type) {
	case bool, json.Number:
		return 0
	}
	for _, f := range []events.PrivacyField{events.FileNames, events.BranchNames} {
		if r.fields[f] != 0 && named(keys[f], key) {
			return r.fields[f]
		}
	}
	return 0
}

// named tells whether a key is one of the names, or ends in one behind a dot: of attributes, file.path is what path is in an object file.
func named(names map[string]bool, key string) bool {
	for plain := ""; len(plain) <= longest; {
		dot := strings.LastIndexByte(key, '.')
		if plain = marks.Replace(strings.ToLower(key[dot+1:])) + plain; names[plain] {
			return true
		}
		if dot < 0 {
			return false
		}
		key = key[:dot]
	}
	return false
}

// below goes on into objects, and into the objects of lists under the same path.
func (r *rules) below(value any, at *node, project string) {
	switch v := value.(type) {
	case map[string]any:
		r.members(v, at, project)
	case []any:
		for _, one := range v {
			r.below(one, at, project)
		}
	}
}

// hashed is a value without what it said: a text, a number or an object becomes a hash, a list one hash for each of its entries. null and empty text say nothing.
func (r *rules) hashed(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return v
		}
		return r.hash(v)
	case []any:
		for i := range v {
			v[i] = r.hashed(v[i])
		}
		return v
	}
	text, err := encode(value)
	if err != nil {
		return nil
	}
	return r.hash(text)
}
