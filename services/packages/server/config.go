package server

import (
	"errors"
	"fmt"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	"devtrail.dev/services/packages/manifest"
)

// Config is the settings of the packages service, by environment variable; NAME_FILE reads the value of NAME from a file.
type Config struct {
	serve.Config `envPrefix:"PACKAGES_"`

	// DatabaseURL is the Postgres database of this service.
	DatabaseURL string `env:"PACKAGES_DATABASE_URL,required"`
	// IdentityAddress is where the identity service judges organization keys.
	IdentityAddress string `env:"PACKAGES_IDENTITY_ADDRESS" envDefault:"127.0.0.1:7402"`
	// Keys are the operator's and the services' keys.
	Keys auth.Keys
	// MigrationsAddress is where this instance holds its lease; empty: it holds none, and gates of schema changes see its connections as strangers'.
	MigrationsAddress string `env:"PACKAGES_MIGRATIONS_ADDRESS"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
}

// largestImport holds the largest file that the contract allows, and what an ImportManifest may have beside it: project, revision, path and the frame of the message.
const largestImport = manifest.MaxBytes + 64<<10

// defaults are the addresses on a single machine, and messages that hold the largest file.
func defaults() Config {
	return Config{Config: serve.Config{Address: "127.0.0.1:7403", DebugAddress: "127.0.0.1:7413", MaxMessageBytes: largestImport}}
}

// Validate joins all mistakes. It quotes no key.
func (c *Config) Validate() error {
	mistakes := []error{
		c.Config.Validate("PACKAGES_"),
		c.Keys.Validate(),
		telemetry.CheckLevel(c.LogLevel),
	}
	if c.MaxMessageBytes < largestImport {
		mistakes = append(mistakes, fmt.Errorf("PACKAGES_MAX_MESSAGE_BYTES %d is less than %d: the largest file must fit", c.MaxMessageBytes, largestImport))
	}
	if _, err := c.Keys.Own(); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}
