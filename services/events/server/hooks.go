package server

import (
	"net/http"

	"devtrail.dev/services/events/internal/hook"
)

// openHooks returns the handler of the webhooks that a file lists; nil when there is no file.
func openHooks(file string, deps hook.Deps) (http.Handler, error) {
	if file == "" {
		return nil, nil
	}
	return hook.New(file, deps)
}
