package engines

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
)

// envProcess tells an executable that it was started to be an engine process;
// envTask holds that process's orders as JSON.
const (
	envProcess = "DEVTRAIL_ENGINE_PROCESS"
	envTask    = "DEVTRAIL_ENGINE_TASK"
)

// hooked records that this executable serves engine processes. Without the
// hook a re-executed test binary would run its tests, which start the engine
// again, without end.
var hooked atomic.Bool

// RunIfEngineProcess must be the first call of main or TestMain in a program
// that starts ClickHouse or shares servers. In an ordinary run it returns at
// once. In a process that this package started from the same executable it
// runs the engine or the keeper of a shared server and exits, never returning.
func RunIfEngineProcess() {
	hooked.Store(true)
	process, task := os.Getenv(envProcess), os.Getenv(envTask)
	if process == "" {
		return
	}
	// What we start from here is not an engine process by itself.
	_ = os.Unsetenv(envProcess)
	_ = os.Unsetenv(envTask)
	var err error
	switch process {
	case "clickhouse":
		var t clickhouseTask
		if err = json.Unmarshal([]byte(task), &t); err == nil {
			err = runClickHouse(t)
		}
	case "keeper":
		var t keeperTask
		if err = json.Unmarshal([]byte(task), &t); err == nil {
			err = runKeeper(t)
		}
	default:
		err = fmt.Errorf("unknown engine process %q", process)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "devtrail engine process:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// engineProcess prepares a process of this executable that does the task. The
// name is what lists of processes show.
func engineProcess(process, name string, task any) (*exec.Cmd, error) {
	if !hooked.Load() {
		return nil, errors.New("engines.RunIfEngineProcess must be the first call of main or TestMain in a program that starts this engine")
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own executable: %w", err)
	}
	data, err := json.Marshal(task)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{name}
	cmd.Env = append(os.Environ(), envProcess+"="+process, envTask+"="+string(data))
	cmd.SysProcAttr = ownGroup()
	return cmd, nil
}
