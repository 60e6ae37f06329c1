package pebblelog

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// logger hands on what the engine says. Its word that it cannot go on ends the process: the engine gives no error then,
// and an acknowledgement after it would be a lie.
type logger struct {
	to     *slog.Logger
	failed *atomic.Bool
	fatal  func(sentence string)
}

// Infof is for those who look for faults in the engine.
func (l logger) Infof(format string, args ...any) {
	l.to.Debug("log of accepted events", "engine", fmt.Sprintf(format, args...))
}

// Errorf warns: what the engine cannot live with goes to Fatalf.
func (l logger) Errorf(format string, args ...any) {
	l.to.Warn("log of accepted events", "engine", fmt.Sprintf(format, args...))
}

// Fatalf fails closed.
func (l logger) Fatalf(format string, args ...any) {
	l.failed.Store(true)
	l.fatal("the log of accepted events cannot be written: " + fmt.Sprintf(format, args...))
}
