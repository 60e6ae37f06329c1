package dial

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// repeatable are the verbs of RPCs that may be sent twice: reads, and writes that their contract makes idempotent.
// A verb that is not listed, such as Create, is sent once.
var repeatable = []string{
	"Get", "List", "BatchGet", "Query", "Lookup", "Introspect", "Resolve", "Watch", "Wait",
	"Capture", "Import", "Revoke", "Link", "Merge",
}

type methodName struct {
	Service string `json:"service"`
	Method  string `json:"method"`
}

// serviceConfig has UNAVAILABLE retried for the repeatable RPCs of the suite that this program knows: three times
// within about two seconds, while the server has sent nothing. It never waits for a server to come up.
func serviceConfig() (string, error) {
	retry := map[string]any{
		"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
		"retryableStatusCodes": []string{"UNAVAILABLE"},
	}
	cfg := map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"retryThrottling":     map[string]any{"maxTokens": 20, "tokenRatio": 0.5},
	}
	if names := repeatableMethods(); len(names) > 0 {
		cfg["methodConfig"] = []any{map[string]any{"name": names, "waitForReady": false, "retryPolicy": retry}}
	}
	raw, err := json.Marshal(cfg)
	if err != nil {
		return "", fmt.Errorf("dial: encode the retry policy: %w", err)
	}
	return string(raw), nil
}

func repeatableMethods() (names []methodName) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "devtrail.") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := string(service.Methods().Get(j).Name())
				if slices.ContainsFunc(repeatable, func(verb string) bool { return strings.HasPrefix(method, verb) }) {
					names = append(names, methodName{string(service.FullName()), method})
				}
			}
		}
		return true
	})
	return names
}
