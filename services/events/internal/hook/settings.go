package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Hook is a webhook that may be delivered to.
type Hook struct {
	ID           string
	Organization uuid.UUID
	Provider     string
	// Host is the host of the server, where its messages do not tell it.
	Host string
	// secrets are the present one and, while it is being replaced, the one before.
	secrets []string
}

// setting is a hook as the file has it.
type setting struct {
	ID                 string `json:"id"`
	Organization       string `json:"organization"`
	Provider           string `json:"provider"`
	Host               string `json:"host"`
	Secret             string `json:"secret"`
	SecretFile         string `json:"secret_file"`
	PreviousSecret     string `json:"previous_secret"`
	PreviousSecretFile string `json:"previous_secret_file"`
}

// load reads a file of hooks and the files of their secrets, whose paths may be relative to it. All mistakes are told, none with a secret.
func load(file string) (hooks map[string]Hook, secretFiles []string, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read the hooks: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	var settings []setting
	if err := decoder.Decode(&settings); err != nil {
		return nil, nil, fmt.Errorf("read the hooks of %q: %w", file, withoutValue(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read the hooks of %q: there is more after the list", file)
	}
	hooks = make(map[string]Hook, len(settings))
	var mistakes []error
	for i, s := range settings {
		for _, path := range []string{s.SecretFile, s.PreviousSecretFile} {
			if path != "" {
				secretFiles = append(secretFiles, besides(file, path))
			}
		}
		h, err := s.hook(file)
		if err == nil && hooks[h.ID].ID != "" {
			err = errors.New("the id is there twice")
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("hook %d, id %q: %w", i+1, s.ID, err))
			continue
		}
		hooks[h.ID] = h
	}
	return hooks, secretFiles, errors.Join(mistakes...)
}

// withoutValue keeps what a mistake of types quotes out of logs: it may be a secret.
func withoutValue(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("the field %q is of another type than %s", wrong.Field, wrong.Type)
	}
	return err
}

func besides(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// hook checks a setting. A hook without a secret is refused: it would take deliveries from anybody.
func (s setting) hook(file string) (Hook, error) {
	h := Hook{ID: s.ID, Provider: s.Provider, Host: strings.ToLower(strings.TrimSpace(s.Host))}
	if !isID(s.ID) {
		return Hook{}, errors.New("the id is not 1 to 64 letters, digits, dots, dashes and underscores")
	}
	var err error
	if h.Organization, err = uuid.Parse(s.Organization); err != nil || h.Organization == uuid.Nil {
		return Hook{}, fmt.Errorf("the organization %q is not a UUID", s.Organization)
	}
	if _, ok := providers[s.Provider]; !ok {
		return Hook{}, fmt.Errorf("the provider %q is none of %s", s.Provider, strings.Join(slices.Sorted(maps.Keys(providers)), ", "))
	}
	secret, err := secretOf(file, "secret", s.Secret, s.SecretFile)
	if err != nil {
		return Hook{}, err
	}
	if secret == "" {
		return Hook{}, errors.New("it has no secret: set secret or secret_file")
	}
	previous, err := secretOf(file, "previous_secret", s.PreviousSecret, s.PreviousSecretFile)
	if err != nil {
		return Hook{}, err
	}
	h.secrets = []string{secret}
	if previous != "" && previous != secret {
		h.secrets = append(h.secrets, previous)
	}
	return h, nil
}

// secretOf is a secret or the content of its file, without the last line break.
func secretOf(file, name, value, path string) (string, error) {
	switch {
	case path == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("%s and %s_file are both set", name, name)
	}
	content, err := os.ReadFile(besides(file, path))
	if err != nil {
		return "", fmt.Errorf("read %s_file: %w", name, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"), nil
}

func isID(s string) bool {
	const most = 64
	return s != "" && s != "." && s != ".." && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.", r)
	})
}
