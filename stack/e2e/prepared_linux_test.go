package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEventsRunsPrepared asks the kernel with what environment the program of the service was started last: a second time, with waits that may end late.
func TestEventsRunsPrepared(t *testing.T) {
	started, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", sharedSuite(t).Pid("events")))
	require.NoError(t, err)
	settings := strings.Split(string(started), "\x00")
	require.Contains(t, settings, "DEVTRAIL_PROCESS=events")
	require.Contains(t, settings, "DEVTRAIL_TIMER_SLACK_RAISED=1")
}
