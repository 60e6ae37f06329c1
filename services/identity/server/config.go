package server

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
)

// Config is the settings of the identity service, by environment variable; NAME_FILE reads the value of NAME from a file.
type Config struct {
	serve.Config `envPrefix:"IDENTITY_"`

	// DatabaseURL is the Postgres database of this service.
	DatabaseURL string `env:"IDENTITY_DATABASE_URL,required"`
	// BootstrapOrganization is the slug of the organization that an empty database gets.
	BootstrapOrganization string `env:"IDENTITY_BOOTSTRAP_ORGANIZATION" envDefault:"default"`
	// BootstrapAdminKey is the token of that organization's admin key; without one it gets no such key.
	BootstrapAdminKey string `env:"IDENTITY_BOOTSTRAP_ADMIN_KEY" secret:"true"`
	// BootstrapIngestKey is the token of that organization's ingest key; without one it gets no such key.
	BootstrapIngestKey string `env:"IDENTITY_BOOTSTRAP_INGEST_KEY" secret:"true"`
	// OperatorKeys are the tokens of the operator, separated by commas.
	OperatorKeys []string `env:"DEVTRAIL_OPERATOR_KEY" secret:"true"`
	// ServiceKeys are the tokens of the other services, separated by commas: two while one is replaced by the other.
	ServiceKeys []string `env:"DEVTRAIL_SERVICE_KEY" secret:"true"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
}

// defaults are the addresses on a single machine.
func defaults() Config {
	return Config{Config: serve.Config{Address: "127.0.0.1:7402", DebugAddress: "127.0.0.1:7412"}}
}

var slugForm = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Validate joins all mistakes. It quotes no key.
func (c *Config) Validate() error {
	mistakes := []error{c.Config.Validate()}
	if !slugForm.MatchString(c.BootstrapOrganization) {
		mistakes = append(mistakes, fmt.Errorf("IDENTITY_BOOTSTRAP_ORGANIZATION %q is not a slug: lower-case letters, digits and dashes, a letter first", c.BootstrapOrganization))
	}
	mistakes = append(mistakes,
		checkKeyFormat("IDENTITY_BOOTSTRAP_ADMIN_KEY", c.BootstrapAdminKey, auth.PrefixKey),
		checkKeyFormat("IDENTITY_BOOTSTRAP_INGEST_KEY", c.BootstrapIngestKey, auth.PrefixIngest),
		checkPrefixes("DEVTRAIL_OPERATOR_KEY", c.OperatorKeys, auth.PrefixOperator),
		checkPrefixes("DEVTRAIL_SERVICE_KEY", c.ServiceKeys, auth.PrefixService),
	)
	return errors.Join(mistakes...)
}

// checkKeyFormat checks a key that will be stored: one with a wrong checksum would be refused at every door.
func checkKeyFormat(setting, token, prefix string) error {
	if token == "" {
		return nil
	}
	if found, ok := auth.CheckToken(token); !ok || found != prefix {
		return fmt.Errorf("%s is not a key of the form %s_ and 36 letters and digits with a right checksum", setting, prefix)
	}
	return nil
}

// checkPrefixes checks keys that are settings only: by the prefix the door knows whom to ask.
func checkPrefixes(setting string, tokens []string, prefix string) error {
	for _, token := range tokens {
		if token = strings.TrimSpace(token); token != "" && !strings.HasPrefix(token, prefix+"_") {
			return fmt.Errorf("%s has a key that does not begin with %s_", setting, prefix)
		}
	}
	return nil
}
