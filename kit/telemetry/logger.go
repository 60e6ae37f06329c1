// Package telemetry is what people see of a running service: JSON log lines, traces by the OTEL_* environment,
// and the debug port with metrics, profiles and the reason of unreadiness. It stands beside the request's path.
package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// Logger writes JSON lines with the service's name. Level is debug, info, warn or error; anything else is info.
func Logger(w io.Writer, level string, service string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.TrimSpace(level))); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})).With("service", service)
}
