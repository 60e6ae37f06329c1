package stack

import "fmt"

// Examples are lines for a shell with grpcurl that work as they are on this
// suite: how the databases stand, the newest events, who touched a package.
func Examples(state State) []string {
	line := func(service, data, method string) string {
		if data != "" {
			data = " -d '" + data + "'"
		}
		return fmt.Sprintf("grpcurl -plaintext -H 'authorization: Bearer %s'%s %s %s",
			state.Keys["admin"], data, state.Endpoints[service], method)
	}
	return []string{
		line("migrations", "", "devtrail.migrations.v1.MigrationService/GetStatus"),
		line("events", `{"page_size": 3}`, "devtrail.events.v1.EventService/ListEvents"),
		line("events", `{"purl": "pkg:golang/google.golang.org/grpc"}`, "devtrail.events.v1.EventService/GetExposure"),
	}
}
