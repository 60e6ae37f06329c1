package wakatime

import (
	"net/url"
	"strings"

	"devtrail.dev/services/events/internal/source"
)

// withoutCredentials strips the user, password, query and fragment of an address. A path of a file stays as it is.
func withoutCredentials(entity string) string {
	if !strings.Contains(entity, "://") {
		return entity
	}
	// An address that is nothing but one is written in one form, which ids follow from. Others hold one behind something else.
	if u, err := url.Parse(entity); err == nil && u.Scheme != "" && u.Opaque == "" && !strings.Contains(u.Path, "://") {
		u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
		return u.String()
	}
	return source.BareAddress(entity)
}

// remote is a project without the credentials that may be in it: a plugin may name it by the address of the Git remote, of which it leaves what stands behind the
// first colon, //user:password@host/path, or only the path.
func remote(project string) string {
	if strings.HasPrefix(project, "//") {
		project = "https:" + project
	}
	return withoutCredentials(project)
}

// agent is what a plugin says of itself: wakatime/<version> (<os>-<core>-<platform>) <go> <editor>/<v> <plugin>/<v>.
type agent struct {
	os, editor, editorVersion, plugin string
}

func parseAgent(text string) agent {
	var a agent
	if len(text) > 1000 {
		text = text[:1000]
	}
	before, rest, found := strings.Cut(text, "(")
	system, rest, closed := strings.Cut(rest, ")")
	if !found || !closed {
		rest = before
	} else {
		a.os, _, _ = strings.Cut(system, "-")
	}
	for word := range strings.FieldsSeq(rest) {
		name, version, ok := strings.Cut(word, "/")
		switch {
		case !ok || name == "wakatime" || name == "":
		case strings.HasPrefix(name, "wakatime-"): // a language server or a shell's plugin, which stands beside the editor or alone
			a.plugin = word
			if a.editor == "" {
				a.editor, a.editorVersion = name, version
			}
		case strings.HasSuffix(name, "-wakatime"):
			a.plugin = word
			if a.editor == "" { // some plugins name only themselves
				a.editor = strings.TrimSuffix(name, "-wakatime")
			}
		default:
			a.editor, a.editorVersion = name, version
		}
	}
	return a
}
