package telemetry

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Traced tells whether the process sends spans: OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) is
// set, and OTEL_SDK_DISABLED is not true.
func Traced() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" && os.Getenv("OTEL_SDK_DISABLED") != "true"
}

// Tracing sends spans by OTLP to where the environment says, if the process is Traced. It sets the process's tracer provider, so only
// the entry of a process calls it. Shutdown sends what is left.
func Tracing(ctx context.Context, service string) (shutdown func(context.Context) error, err error) {
	off := func(context.Context) error { return nil }
	if !Traced() {
		return off, nil
	}
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return off, fmt.Errorf("open the trace exporter: %w", err)
	}
	named, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", service)), resource.WithFromEnv())
	if err != nil {
		return off, fmt.Errorf("describe the service for traces: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(named))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown, nil
}
