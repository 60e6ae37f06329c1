package server

import (
	"errors"
	"fmt"
	"strings"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
	"devtrail.dev/services/packages/manifest"
)

// Config is the settings of the packages service, by environment variable; NAME_FILE reads the value of NAME from a file.
type Config struct {
	serve.Config `envPrefix:"PACKAGES_"`

	// DatabaseURL is the Postgres database of this service.
	DatabaseURL string `env:"PACKAGES_DATABASE_URL,required"`
	// IdentityAddress is where the identity service judges organization keys.
	IdentityAddress string `env:"PACKAGES_IDENTITY_ADDRESS" envDefault:"127.0.0.1:7402"`
	// OperatorKeys are the tokens of the operator, separated by commas.
	OperatorKeys []string `env:"DEVTRAIL_OPERATOR_KEY" secret:"true"`
	// ServiceKeys are the tokens of the suite's services, separated by commas: two while one is replaced by the other. The first is this service's own.
	ServiceKeys []string `env:"DEVTRAIL_SERVICE_KEY" secret:"true"`
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
		c.Config.Validate(),
		checkPrefixes("DEVTRAIL_OPERATOR_KEY", c.OperatorKeys, auth.PrefixOperator),
		checkPrefixes("DEVTRAIL_SERVICE_KEY", c.ServiceKeys, auth.PrefixService),
	}
	if c.MaxMessageBytes < largestImport {
		mistakes = append(mistakes, fmt.Errorf("PACKAGES_MAX_MESSAGE_BYTES %d is less than %d: the largest file must fit", c.MaxMessageBytes, largestImport))
	}
	if c.serviceKey() == "" {
		mistakes = append(mistakes, errors.New("DEVTRAIL_SERVICE_KEY is empty: the identity service answers services only by their key"))
	}
	return errors.Join(mistakes...)
}

// serviceKey is the key that this service presents to others.
func (c *Config) serviceKey() string {
	if len(c.ServiceKeys) == 0 {
		return ""
	}
	return strings.TrimSpace(c.ServiceKeys[0])
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
