package engines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClickHouseGivesWay(t *testing.T) {
	s, err := startKind(t.Context(), ClickHouse, filepath.Join(tempDir(t), "data"), 0)
	require.NoError(t, err)
	defer stop(t, s)
	query(t, s, "SELECT 1") // and threads that answer are there

	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.Pid()))
	require.NoError(t, err)
	nice := 0
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil { // the thread ended
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[16] == strconv.Itoa(clickHouseNice) { // proc_pid_stat(5), field 19; the first two are cut off
			nice++
		}
	}
	require.Greater(t, nice, 10, "threads of ClickHouse")

	session, err := os.ReadFile(fmt.Sprintf("/proc/%d/autogroup", s.Pid()))
	if errors.Is(err, fs.ErrNotExist) { // not in this kernel
		return
	}
	require.NoError(t, err)
	require.Contains(t, string(session), fmt.Sprintf("nice %d", clickHouseNice))
	own, err := os.ReadFile("/proc/self/autogroup")
	require.NoError(t, err)
	require.NotEqual(t, string(own), string(session), "ours stays as it is")
}
