package server

import (
	"errors"
	"fmt"
	"regexp"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
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
	// Keys are the operator's and the services' keys.
	Keys auth.Keys
	// MigrationsAddress is where this instance holds its lease; empty: it holds none, and gates of schema changes see its connections as strangers'.
	MigrationsAddress string `env:"IDENTITY_MIGRATIONS_ADDRESS"`
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
	mistakes := []error{c.Config.Validate("IDENTITY_")}
	if !slugForm.MatchString(c.BootstrapOrganization) {
		mistakes = append(mistakes, fmt.Errorf("IDENTITY_BOOTSTRAP_ORGANIZATION %q is not a slug: lower-case letters, digits and dashes, a letter first", c.BootstrapOrganization))
	}
	mistakes = append(mistakes,
		checkKeyFormat("IDENTITY_BOOTSTRAP_ADMIN_KEY", c.BootstrapAdminKey, auth.PrefixKey),
		checkKeyFormat("IDENTITY_BOOTSTRAP_INGEST_KEY", c.BootstrapIngestKey, auth.PrefixIngest),
		c.Keys.Validate(),
		telemetry.CheckLevel(c.LogLevel),
	)
	if c.MigrationsAddress != "" {
		if _, err := c.Keys.Own(); err != nil {
			mistakes = append(mistakes, err)
		}
	}
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
