package auth

import (
	"errors"
	"fmt"
	"strings"
)

// Keys are the credentials of the installation as every service reads them; a service's Config has them as a field.
type Keys struct {
	// Operator are the tokens of the operator, separated by commas.
	Operator []string `env:"DEVTRAIL_OPERATOR_KEY" secret:"true"`
	// Services are the tokens of the suite's services, separated by commas: two while one is replaced by the other.
	// The first is the one that a service presents to others.
	Services []string `env:"DEVTRAIL_SERVICE_KEY" secret:"true"`
}

// Validate joins all mistakes. It quotes no key. By the prefix the door knows whom to ask, so a key under another one would never be accepted.
func (k Keys) Validate() error {
	return errors.Join(
		checkPrefix("DEVTRAIL_OPERATOR_KEY", k.Operator, PrefixOperator),
		checkPrefix("DEVTRAIL_SERVICE_KEY", k.Services, PrefixService),
	)
}

// Own is the key that this service presents to others, or an error that names the setting to give.
func (k Keys) Own() (string, error) {
	for _, token := range k.Services {
		if token = strings.TrimSpace(token); token != "" {
			return token, nil
		}
	}
	return "", errors.New("DEVTRAIL_SERVICE_KEY is empty: services answer each other only by their key")
}

// Verifier judges the operator's and the services' keys.
func (k Keys) Verifier() Verifier { return NewStatic(k.Operator, k.Services) }

func checkPrefix(setting string, tokens []string, prefix string) error {
	for _, token := range tokens {
		if token = strings.TrimSpace(token); token != "" && !strings.HasPrefix(token, prefix+"_") {
			return fmt.Errorf("%s has a key that does not begin with %s_", setting, prefix)
		}
	}
	return nil
}
