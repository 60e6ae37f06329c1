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

// Validate joins all mistakes. The Validate of the Config that embeds it calls it; env.Load calls the outer one only.
func (c Config) Validate() error {
	var mistakes []error
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		mistakes = append(mistakes, fmt.Errorf("ADDRESS %q is not host:port", c.Address))
	}
	if c.hasDebug() {
		if _, _, err := net.SplitHostPort(c.DebugAddress); err != nil {
			mistakes = append(mistakes, fmt.Errorf("DEBUG_ADDRESS %q is neither host:port nor off", c.DebugAddress))
		}
	}
	if c.GracePeriod < 0 {
		mistakes = append(mistakes, fmt.Errorf("GRACE_PERIOD %s is negative", c.GracePeriod))
	}
	if c.MaxMessageBytes < 0 || c.MaxMessageBytes > maxMessageBytes {
		mistakes = append(mistakes, fmt.Errorf("MAX_MESSAGE_BYTES %d is not between 0 and %d", c.MaxMessageBytes, maxMessageBytes))
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
