//go:build !linux

package timerslack

import "time"

// Raise leaves waits as they are.
func Raise(time.Duration) {}
