package engines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// superuser is the role that initdb makes and that URLs name.
const superuser = "postgres"

// PostgresConfig says where and how a PostgreSQL server runs. Only DataDir is
// required.
type PostgresConfig struct {
	DataDir        string            // the cluster's folder, made by initdb when absent or empty
	Durable        bool              // false: fsync and synchronous_commit off, for tests only
	LogFile        string            // the server's own output; default DataDir + ".log"
	MaxConnections int               // default 100
	Port           int               // on 127.0.0.1; 0 = a free one
	Progress       io.Writer         // sentences for people while the engine is fetched; may be nil
	Settings       map[string]string // further server parameters, by name
	Trust          bool              // true: no password, any local user may enter; for tests only, fixed when the cluster is made
}

// StartPostgres starts PostgreSQL 18 on the data folder and returns when it
// accepts connections. Unless Trust is set the superuser has a generated
// password, kept with mode 0600 in DataDir + ".password" and part of the URL.
//
// As root the server runs as user nobody. Errors are sentences; errors.Is
// knows ErrPortTaken, ErrInUse and ErrUnreachable. A server left behind by a
// killed owner is stopped first.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Server, error) {
	pkg, err := Install(ctx, Postgres, cfg.Progress)
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	p := postgres{PostgresConfig: cfg, bin: filepath.Join(pkg, "native", "bin")}
	if p.account, err = postgresAccount(); err != nil {
		return nil, err
	}
	parent := filepath.Dir(cfg.DataDir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("create the parent of the data folder: %w", err)
	}
	// An orphan is known by its folder, which has to have one name.
	if parent, err = filepath.EvalSymlinks(parent); err != nil {
		return nil, fmt.Errorf("find the parent of the data folder: %w", err)
	}
	p.DataDir = filepath.Join(parent, filepath.Base(cfg.DataDir))
	return retryStart(ctx, cfg.Port, func() (*Server, error) { return p.start(ctx) })
}

func (c PostgresConfig) withDefaults() (PostgresConfig, error) {
	if c.DataDir == "" {
		return c, errors.New("a PostgreSQL server needs a data folder")
	}
	abs, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, err
	}
	c.DataDir = abs
	if c.LogFile == "" {
		c.LogFile = abs + ".log"
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = 100
	}
	return c, nil
}

// lockData marks a data folder as ours for the life of the server: without it
// a second start could not tell an orphan from a server in use.
func lockData(dataDir string) (*fileLock, error) {
	lock, err := tryLockFile(dataDir+".lock", exclusive)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%w: another process runs a server on %s: stop it or choose another folder", ErrInUse, dataDir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return lock, nil
}

// postgres is a configured server before it runs.
type postgres struct {
	PostgresConfig
	account *account
	bin     string
}

// start makes one attempt; the lock is held from before the first look at the
// data folder until the server's process is gone.
func (p postgres) start(ctx context.Context) (*Server, error) {
	lock, err := lockData(p.DataDir)
	if err != nil {
		return nil, err
	}
	server, err := p.startLocked(ctx, lock)
	if err != nil {
		_ = lock.Close() // once more when the process ran already, which is harmless
		return nil, err
	}
	return server, nil
}

func (p postgres) startLocked(ctx context.Context, lock *fileLock) (*Server, error) {
	for _, path := range []string{p.bin, p.DataDir} {
		if err := p.account.checkReach(path); err != nil {
			return nil, err
		}
	}
	if err := stopOrphan(ctx, p.DataDir); err != nil {
		return nil, err
	}
	// After the orphan, which may hold the wanted port, and before the slower
	// initdb; a port of our choice is still free after it, but for others like us.
	port, err := freePort(p.Port)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	password, err := p.password()
	if err != nil {
		return nil, err
	}
	log, err := openLog(p.LogFile)
	if err != nil {
		return nil, err
	}
	cmd := p.command("postgres", p.arguments(port)...)
	dieWithParent(cmd.SysProcAttr, syscall.SIGINT)
	s := &Server{
		cmd:     cmd,
		explain: func(log string) error { return explainPostgres(log, port) },
		forced:  syscall.SIGQUIT,
		kind:    Postgres,
		lock:    lock,
		log:     log,
		port:    port,
		// SIGINT is the "fast" shutdown: clients are cut off, data is written.
		request: func() error { return cmd.Process.Signal(syscall.SIGINT) },
		url:     postgresURL(port, password),
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, func(context.Context) error { return probePostgres(p.DataDir, s.Pid()) }); err != nil {
		return nil, err
	}
	return s, nil
}

// command prepares one of the package's programs to run as the account.
func (p postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir = "/" // the account may not be able to enter ours
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = ownGroup()
	p.account.apply(cmd.SysProcAttr)
	return cmd
}

// arguments are given at each start, so that a changed setting takes effect
// without an edit of the cluster's files.
func (p postgres) arguments(port int) []string {
	settings := []string{
		"listen_addresses=" + loopback,
		"unix_socket_directories=",
		"max_connections=" + strconv.Itoa(p.MaxConnections),
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if !p.Durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0")
	}
	for name, value := range p.Settings {
		settings = append(settings, name+"="+value)
	}
	args := []string{"-D", p.DataDir, "-p", strconv.Itoa(port)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func postgresURL(port int, password string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Host: address(port), Path: "/postgres", RawQuery: "sslmode=disable"}
	if password != "" {
		u.User = url.UserPassword(superuser, password)
	}
	return u.String()
}

// explainPostgres knows the failures that have a better sentence than the log.
func explainPostgres(log string, port int) error {
	switch {
	case strings.Contains(log, "could not bind"):
		return portTaken(port)
	case strings.Contains(log, "pre-existing shared memory block"):
		return errBackendsLeft
	case strings.Contains(log, "No space left on device"):
		return errors.New("PostgreSQL ended: no disk space")
	}
	if line := lastLineWith(log, "FATAL:"); line != "" {
		_, reason, _ := strings.Cut(line, "FATAL:")
		return fmt.Errorf("PostgreSQL ended: %s", strings.TrimSpace(reason))
	}
	return nil
}
