package engines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
)

// parkingQuery opens the server's ports and then keeps the library's call from
// returning. Killing the sleeping query is the way to an orderly end: the call
// returns within one sleep and all tables are closed.
const parkingQuery = "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; " +
	"SELECT sleepEachRow(0.2) FROM numbers(1000000000) " +
	"SETTINGS max_block_size=1, function_sleep_max_microseconds_per_block=0 FORMAT Null"

// unparkQuery ends parkingQuery.
const unparkQuery = "KILL QUERY WHERE query LIKE '%sleepEachRow(0.2)%' AND query NOT LIKE 'KILL%' ASYNC"

// clickhouseTask is what a ClickHouse process is told to do.
type clickhouseTask struct {
	Args       []string
	HTTPPort   int
	Library    string
	Port       int // of the native protocol, for clients
	ServerPort int // of the native protocol, behind the relay
}

// runClickHouse is the life of a ClickHouse process: it loads the library,
// serves until SIGTERM, SIGINT or the end of its parent, and returns nil only
// for an end that was asked for.
func runClickHouse(task clickhouseTask) error {
	// Without a handler of ours SIGTERM kills at once and the library swallows
	// SIGINT.
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	orphaned := make(chan struct{})
	go func() {
		// Nothing is ever written: the read ends when the parent does.
		_, _ = io.Copy(io.Discard, os.NewFile(3, "lifeline"))
		close(orphaned)
	}()
	var stopping atomic.Bool
	go func() {
		select {
		case <-asked:
		case <-orphaned:
		}
		stopping.Store(true)
		unpark(task.HTTPPort)
	}()
	relay, err := listenRelay(task.Port, task.ServerPort)
	if err != nil {
		return err
	}
	go relay.serve() // as long as the process
	if err := beNice(clickHouseNice); err != nil {
		fmt.Fprintln(os.Stderr, "devtrail engine process:", err) // it serves without
	}
	err = serveClickHouse(task)
	if stopping.Load() {
		return nil
	}
	if err == nil {
		err = errors.New("ClickHouse returned without being asked to")
	}
	return err
}

// unpark repeats the request, since it may come before the server listens or
// before the parking query began. The process's end ends it.
func unpark(port int) {
	over := time.After(stopGrace)
	tick := time.NewTicker(200 * time.Millisecond)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		_, _ = httpAsk(ctx, http.MethodPost, port, "/?query="+url.QueryEscape(unparkQuery))
		cancel()
		select {
		case <-over:
			os.Exit(1)
		case <-tick.C:
		}
	}
}

// serveClickHouse calls the library, which runs for as long as it serves.
func serveClickHouse(task clickhouseTask) error {
	handle, err := purego.Dlopen(task.Library, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return fmt.Errorf("load the ClickHouse library: %w", err)
	}
	var queryCmdline func(argc int32, argv unsafe.Pointer) uintptr
	var resultError func(result uintptr) string
	purego.RegisterLibFunc(&queryCmdline, handle, "chdb_query_cmdline")
	purego.RegisterLibFunc(&resultError, handle, "chdb_result_error")

	// The library keeps these pointers: they are C strings that must not move
	// during the call.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	argv := make([]*byte, 0, len(task.Args)+1)
	for _, arg := range task.Args {
		text := append([]byte(arg), 0)
		pinner.Pin(&text[0])
		argv = append(argv, &text[0])
	}
	argv = append(argv, nil)
	pinner.Pin(&argv[0])
	result := queryCmdline(int32(len(task.Args)), unsafe.Pointer(&argv[0]))
	if result == 0 {
		return nil
	}
	if text := resultError(result); text != "" {
		return errors.New(text)
	}
	return nil
}

// probeTimeout bounds one question to a server that may not be there yet, or
// not any more.
const probeTimeout = 2 * time.Second

// httpAsk sends a request without a body to the server on the port and returns
// the answer's body, of at most 64 KB. Queries that change something need POST.
func httpAsk(ctx context.Context, method string, port int, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address(port)+path, http.NoBody)
	if err != nil {
		return "", err
	}
	// One connection a request and no proxy: nothing is left behind.
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("HTTP status %d", res.StatusCode)
	}
	return string(body), nil
}
