package folding

import (
	"errors"
	"fmt"
)

// Validate joins all mistakes.
func (c Config) Validate() error {
	var mistakes []error
	if c.Interval < 0 {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_FOLD_INTERVAL %s is negative", c.Interval))
	}
	if c.Threshold < 1 {
		mistakes = append(mistakes, fmt.Errorf("EVENTS_FOLD_THRESHOLD %d is less than 1", c.Threshold))
	}
	return errors.Join(mistakes...)
}
