// Package telemetry is what people see of a running service: JSON log lines, traces by the OTEL_* environment,
// and the debug port with metrics, profiles and the reason of unreadiness. It stands beside the request's path.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Logger writes JSON lines with the service's name. Level is debug, info, warn or error; what CheckLevel refuses is info.
func Logger(w io.Writer, level string, service string) *slog.Logger {
	l, err := parseLevel(level)
	if err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})).With("service", service)
}

// CheckLevel is for the Validate of a service's Config: who asked for another level and mistyped it would miss the lines when they are needed.
func CheckLevel(level string) error {
	if _, err := parseLevel(level); err != nil {
		return fmt.Errorf("LOG_LEVEL %q is none of debug, info, warn and error", level)
	}
	return nil
}

// parseLevel reads a level; none is info.
func parseLevel(level string) (l slog.Level, err error) {
	if level = strings.TrimSpace(level); level == "" {
		return slog.LevelInfo, nil
	}
	err = l.UnmarshalText([]byte(level))
	return l, err
}
