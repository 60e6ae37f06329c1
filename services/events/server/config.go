package server

import (
	"errors"
	"fmt"
	"strings"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/serve"
)

// The values of EVENTS_STORE.
const (
	storeClickHouse = "clickhouse"
	storePostgres   = "postgres"
)

// Config is the settings of the events service, by environment variable; NAME_FILE reads the value of NAME from a file.
type Config struct {
	serve.Config `envPrefix:"EVENTS_"`

	// Store says where events are kept: clickhouse or postgres.
	Store string `env:"EVENTS_STORE" envDefault:"clickhouse"`
	// ClickHouseURL is the ClickHouse database of this service; needed when the store is clickhouse.
	ClickHouseURL string `env:"EVENTS_CLICKHOUSE_URL"`
	// PostgresURL is the Postgres database of this service; needed when the store is postgres.
	PostgresURL string `env:"EVENTS_POSTGRES_URL"`
	// IdentityAddress is where identities are resolved and organization keys are judged.
	IdentityAddress string `env:"EVENTS_IDENTITY_ADDRESS" envDefault:"127.0.0.1:7402"`
	// PackagesAddress is where the packages service listens. Nothing here calls it yet; it is read so that one environment fits the suite.
	PackagesAddress string `env:"EVENTS_PACKAGES_ADDRESS" envDefault:"127.0.0.1:7403"`
	// OperatorKeys are the tokens of the operator, separated by commas.
	OperatorKeys []string `env:"DEVTRAIL_OPERATOR_KEY" secret:"true"`
	// ServiceKeys are the tokens of the suite's services, separated by commas: two while one is replaced by the other. The first is this service's own.
	ServiceKeys []string `env:"DEVTRAIL_SERVICE_KEY" secret:"true"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
}

// largestBatch is 16 MiB of events and room for the frame of the message.
const largestBatch = 16<<20 + 64<<10

// defaults are the addresses on a single machine.
func defaults() Config {
	return Config{Config: serve.Config{Address: "127.0.0.1:7404", DebugAddress: "127.0.0.1:7414"}}
}

// door is the door's settings: its messages hold the largest batch that the contract allows, however small EVENTS_MAX_MESSAGE_BYTES is.
func (c *Config) door() serve.Config {
	door := c.Config
	door.MaxMessageBytes = max(door.MaxMessageBytes, largestBatch)
	return door
}

// Validate joins all mistakes. It quotes no key.
func (c *Config) Validate() error {
	mistakes := []error{
		c.Config.Validate(),
		checkPrefixes("DEVTRAIL_OPERATOR_KEY", c.OperatorKeys, auth.PrefixOperator),
		checkPrefixes("DEVTRAIL_SERVICE_KEY", c.ServiceKeys, auth.PrefixService),
	}
	switch {
	case c.Store == storeClickHouse && c.ClickHouseURL == "":
		mistakes = append(mistakes, errors.New("EVENTS_CLICKHOUSE_URL is empty: EVENTS_STORE=clickhouse needs it"))
	case c.Store == storePostgres && c.PostgresURL == "":
		mistakes = append(mistakes, errors.New("EVENTS_POSTGRES_URL is empty: EVENTS_STORE=postgres needs it"))
	case c.Store != storeClickHouse && c.Store != storePostgres:
		mistakes = append(mistakes, fmt.Errorf("EVENTS_STORE %q is neither clickhouse nor postgres", c.Store))
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
