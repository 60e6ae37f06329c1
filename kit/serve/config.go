package serve

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Off is the debug address of a server without a debug port. A setting cannot say it by being empty: that counts as not given.
const Off = "off"

// Config is the door's settings. A service embeds it in its own Config with its prefix, such as
// `envPrefix:"IDENTITY_"`, and gives its default addresses through env.Load.
type Config struct {
	Address         string        `env:"ADDRESS"`                                 // host:port of the API; port 0 takes a free one
	DebugAddress    string        `env:"DEBUG_ADDRESS"`                           // host:port of the debug port; empty and "off" open none
	GracePeriod     time.Duration `env:"GRACE_PERIOD" envDefault:"10s"`           // for calls in flight at a stop
	MaxMessageBytes int           `env:"MAX_MESSAGE_BYTES" envDefault:"16777216"` // of a received message
}

// maxMessageBytes is what the suite's clients accept.
const maxMessageBytes = 64 << 20

// Validate joins all mistakes, under the names that the settings have with the prefix. The Validate of the Config that embeds it calls it; env.Load calls the outer
// one only. What is 0 in code has a default; somebody who sets 0 means something else by it.
func (c Config) Validate(prefix string) error {
	var mistakes []error
	mistake := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(prefix+format, args...)) }
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		mistake("ADDRESS %q is not host:port", c.Address)
	}
	if c.hasDebug() {
		if _, _, err := net.SplitHostPort(c.DebugAddress); err != nil {
			mistake("DEBUG_ADDRESS %q is neither host:port nor off", c.DebugAddress)
		}
	}
	if c.GracePeriod <= 0 {
		mistake("GRACE_PERIOD %s is not more than 0", c.GracePeriod)
	}
	if c.MaxMessageBytes < 1 || c.MaxMessageBytes > maxMessageBytes {
		mistake("MAX_MESSAGE_BYTES %d is not between 1 and %d", c.MaxMessageBytes, maxMessageBytes)
	}
	return errors.Join(mistakes...)
}

func (c Config) hasDebug() bool { return c.DebugAddress != "" && c.DebugAddress != Off }

func (c Config) withDefaults() Config {
	if c.GracePeriod == 0 {
		c.GracePeriod = 10 * time.Second
	}
	if c.MaxMessageBytes == 0 {
		c.MaxMessageBytes = 16 << 20
	}
	return c
}
