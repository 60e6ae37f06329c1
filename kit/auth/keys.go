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
		checkFormat("DEVTRAIL_OPERATOR_KEY", k.Operator, PrefixOperator),
		checkFormat("DEVTRAIL_SERVICE_KEY", k.Services, PrefixService),
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

// checkFormat refuses also a key that was cut off or made up: what can be guessed would let anybody in.
func checkFormat(setting string, tokens []string, prefix string) error {
	for _, token := range tokens {
		if token = strings.TrimSpace(token); token == "" {
			continue
		}
		if found, ok := CheckToken(token); !ok || found != prefix {
			return fmt.Errorf("%s has a key that is not of the form %s_ and 36 letters and digits with a right checksum; devtrail env makes one", setting, prefix)
		}
	}
	return nil
}
