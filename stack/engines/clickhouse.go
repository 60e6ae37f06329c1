package engines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// ClickHouseConfig says where and how a ClickHouse server runs. Only DataDir
// is required.
type ClickHouseConfig struct {
	DataDir     string    // the server's folder, made when absent; one server at a time
	ExtraConfig string    // XML elements added to the config file, such as remote_servers and macros
	HTTPPort    int       // on 127.0.0.1; 0 = a free one
	LogFile     string    // the server's own output; default DataDir + ".log"
	MemoryRatio float64   // cap of the server's memory as a share of the machine's; default 0.5
	Progress    io.Writer // sentences for people while the engine is fetched; may be nil
	TCPPort     int       // native protocol on 127.0.0.1; 0 = a free one
}

// StartClickHouse starts ClickHouse 26.7 on the data folder, in a process of
// its own of this executable, and returns when it answers on both ports. The
// program must have called RunIfEngineProcess. The user is "default" without a
// password: any local user may connect. The server gives way to other programs
// that want the processor (see clickHouseNice).
//
// Errors are sentences; errors.Is knows ErrPortTaken and ErrInUse.
func StartClickHouse(ctx context.Context, cfg ClickHouseConfig) (*Server, error) {
	pkg, err := Install(ctx, ClickHouse, cfg.Progress)
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	library := filepath.Join(pkg, "libchdb.so")
	// At least one port is ours to choose again, that behind the relay.
	return retryStart(ctx, 0, func() (*Server, error) { return startClickHouse(ctx, cfg, library) })
}

func (c ClickHouseConfig) withDefaults() (ClickHouseConfig, error) {
	if c.DataDir == "" {
		return c, errors.New("a ClickHouse server needs a data folder")
	}
	abs, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, err
	}
	c.DataDir = abs
	if c.LogFile == "" {
		c.LogFile = abs + ".log"
	}
	if c.MemoryRatio == 0 {
		c.MemoryRatio = 0.5
	}
	return c, nil
}

// startClickHouse makes one attempt; the lock is held until the process is
// gone.
func startClickHouse(ctx context.Context, cfg ClickHouseConfig, library string) (*Server, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	lock, err := lockData(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	server, err := startClickHouseLocked(ctx, cfg, library, lock)
	if err != nil {
		_ = lock.Close() // once more when the process ran already, which is harmless
		return nil, err
	}
	return server, nil
}

func startClickHouseLocked(ctx context.Context, cfg ClickHouseConfig, library string, lock *fileLock) (*Server, error) {
	if err := awaitStatus(ctx, cfg.DataDir); err != nil {
		return nil, err
	}
	tcp, err := freePort(cfg.TCPPort)
	if err != nil {
		return nil, err
	}
	http, err := freePort(cfg.HTTPPort)
	if err != nil {
		return nil, err
	}
	behind, err := freePort(0)
	if err != nil {
		return nil, err
	}
	// The embedded server forgets its log tables when it ends, and cannot make them anew where their rows lie.
	if err := os.RemoveAll(filepath.Join(cfg.DataDir, "data", "system")); err != nil {
		return nil, fmt.Errorf("remove the server's logs of its last life: %w", err)
	}
	config := filepath.Join(cfg.DataDir, "devtrail-config.xml")
	if err := os.WriteFile(config, []byte(cfg.xml()), 0o600); err != nil {
		return nil, fmt.Errorf("write the config file: %w", err)
	}
	cmd, err := engineProcess("clickhouse", "devtrail-clickhouse", clickhouseTask{
		Args: []string{
			"clickhouse", "--path=" + cfg.DataDir, "--config-file=" + config, "--listen_host=" + loopback, "--log-level=warning",
			"--tcp_port=" + strconv.Itoa(behind), "--http_port=" + strconv.Itoa(http), "--query", parkingQuery,
		},
		HTTPPort:   http,
		Library:    library,
		Port:       tcp,
		ServerPort: behind,
	})
	if err != nil {
		return nil, err
	}
	cmd.Dir = cfg.DataDir
	cmd.SysProcAttr = ownSession()
	// The process ends when its lifeline does: also after our death by
	// kill -9, on every platform.
	lifeline, hold, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer lifeline.Close()
	cmd.ExtraFiles = []*os.File{lifeline}
	log, err := openLog(cfg.LogFile)
	if err != nil {
		_ = hold.Close()
		return nil, err
	}
	s := &Server{
		behind:   behind,
		cmd:      cmd,
		explain:  func(log string) error { return explainClickHouse(log, cfg.DataDir, tcp, http) },
		forced:   syscall.SIGKILL,
		hold:     hold,
		httpPort: http,
		kind:     ClickHouse,
		lock:     lock,
		log:      log,
		port:     tcp,
		request:  func() error { return cmd.Process.Signal(syscall.SIGTERM) },
		url:      "clickhouse://default@" + address(tcp) + "/default",
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, func(ctx context.Context) error { return probeClickHouse(ctx, cfg.DataDir, http) }); err != nil {
		return nil, err
	}
	return s, nil
}

// xml is the server's config file, sized for a laptop that runs other things. Queries are logged as by
// other servers, whose log the gates of schema changes read. On a busy machine a server would drop new
// connections for a while; the embedded one ends with an abort when it does, so it does not.
func (c ClickHouseConfig) xml() string {
	return fmt.Sprintf(`<clickhouse>
 <max_server_memory_usage_to_ram_ratio>%g</max_server_memory_usage_to_ram_ratio>
 <mark_cache_size>67108864</mark_cache_size>
 <uncompressed_cache_size>0</uncompressed_cache_size>
 <background_pool_size>%d</background_pool_size>
 <background_schedule_pool_size>8</background_schedule_pool_size>
 <min_os_cpu_wait_time_ratio_to_drop_connection>0</min_os_cpu_wait_time_ratio_to_drop_connection>
 <max_os_cpu_wait_time_ratio_to_drop_connection>0</max_os_cpu_wait_time_ratio_to_drop_connection>
 <query_log>
  <database>system</database>
  <table>query_log</table>
  <partition_by>toYYYYMM(event_date)</partition_by>
  <ttl>event_date + INTERVAL 30 DAY DELETE</ttl>
 </query_log>
%s
</clickhouse>
`, c.MemoryRatio, min(4, max(2, runtime.NumCPU())), c.ExtraConfig)
}

// explainClickHouse knows the failures that have a better sentence than the
// log: the library prints its codes there and returns no error text.
func explainClickHouse(log, dataDir string, tcp, http int) error {
	switch {
	case strings.Contains(log, "Code: 210"), strings.Contains(log, "address already in use"):
		if _, err := freePort(tcp); err != nil {
			return err
		}
		return portTaken(http)
	case strings.Contains(log, "Code: 76"):
		return fmt.Errorf("%w: another ClickHouse runs on %s: stop it or choose another folder", ErrInUse, dataDir)
	case strings.Contains(log, "No space left on device"):
		return errors.New("ClickHouse ended: no disk space")
	}
	return nil
}
