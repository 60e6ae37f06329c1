package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Off is the address of a door that is not to be opened.
const Off = "off"

// Config is the settings of the door. The events service embeds it with the prefix EVENTS_HTTP_.
type Config struct {
	// Address is host:port; port 0 takes a free one; "off" or empty opens no door.
	Address string `env:"ADDRESS"`
	// Origins are the origins whose pages and extensions may call, like https://app.example.com or chrome-extension://abcdefgh;
	// "*" is all of them, and "chrome-extension://*" all of a scheme. None by default.
	Origins []string `env:"ORIGINS"`
	// GracePeriod is how long requests in flight may last at a stop.
	GracePeriod time.Duration
}

// Enabled tells whether the door is to be opened.
func (c Config) Enabled() bool { return c.Address != "" && c.Address != Off }

// Validate joins all mistakes.
func (c Config) Validate() error {
	var mistakes []error
	if c.Enabled() {
		if _, _, err := net.SplitHostPort(c.Address); err != nil {
			mistakes = append(mistakes, fmt.Errorf("EVENTS_HTTP_ADDRESS %q is neither host:port nor off", c.Address))
		}
	}
	for _, origin := range c.Origins {
		if origin == "*" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(origin, u.Scheme+"://"+u.Host) || u.Host != "*" && strings.Contains(u.Host, "*") {
			mistakes = append(mistakes, fmt.Errorf("EVENTS_HTTP_ORIGINS %q is not an origin like https://app.example.com", origin))
		}
	}
	return errors.Join(mistakes...)
}

func (c Config) withDefaults() Config {
	if c.GracePeriod == 0 {
		c.GracePeriod = 10 * time.Second
	}
	return c
}

// allows tells whether pages of an origin may call.
func (c Config) allows(origin string) bool {
	return origin != "" && slices.ContainsFunc(c.Origins, func(allowed string) bool {
		scheme, all := strings.CutSuffix(allowed, "//*")
		return allowed == "*" || strings.EqualFold(allowed, origin) || all && strings.HasPrefix(strings.ToLower(origin), strings.ToLower(scheme)+"//")
	})
}
