package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// An operator's key names any organization: one that is mistyped is refused, whoever the events are of, and not acknowledged for nobody or put off for ever.
func TestAnOrganizationThatDoesNotExistIsRefused(t *testing.T) {
	r := sharedSuite(t)
	events, mistyped := dial(t, r.State.Endpoints["events"]), uuid.NewString()
	for name, actor := range map[string]string{
		"nobody": "", "somebody": `"actor": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "ada@example.com"},`,
	} {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"events": [{"id": %q, "name": "e2e.mistyped", "occurredAt": "2026-01-02T00:00:00Z", %s "source": {"kind": "SOURCE_KIND_SDK", "tool": "e2e"}}]}`, uuid.NewString(), actor)
			answer, err := events.call(as(t.Context(), r.State.Keys["operator"], mistyped), t, "devtrail.events.v1.IngestService/CaptureEvents", body)
			require.Equal(t, codes.NotFound, status.Code(err), "%v %s", err, answer)
			require.Contains(t, err.Error(), mistyped)
			code, answer := post(t, r.State.HTTP["events"]+"/devtrail.events.v1.IngestService/CaptureEvents", body,
				"Authorization", "Bearer "+r.State.Keys["operator"], "Content-Type", "application/json", "X-Devtrail-Organization", mistyped)
			require.Equal(t, http.StatusNotFound, code, answer)
			require.Contains(t, answer, "ORGANIZATION_NOT_FOUND")
			answer, err = events.call(as(t.Context(), r.State.Keys["operator"], newTenant(t, r).id), t, "devtrail.events.v1.IngestService/CaptureEvents", body)
			require.NoError(t, err)
			require.Contains(t, answer, "CAPTURE_STATUS_STORED")
		})
	}
}
