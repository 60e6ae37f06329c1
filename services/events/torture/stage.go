package torture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/loopback"
)

// stage is everything that runs: clients, a relay (door), the service, a relay (back), the database; and the disk of the service's log.
type stage struct {
	cfg     Config
	back    *relay
	disk    *volume // of the log
	door    *relay
	engine  *engine
	key     string
	refused func() int64 // answers so far that said to come again
	service *service
	tables  []string // folders of ClickHouse's tables
	url     string   // of the database, past the relay
	world   world

	serviceStalled, databaseStalled bool // once already

	tails, torn int // log tails that were torn, and bytes that this hurt
}

func (s *stage) notes() string { return filepath.Join(s.cfg.Dir, "notes") }
func (s *stage) queue() string { return filepath.Join(s.disk.dir, "queue") }

// setUp starts everything. The stage is to be torn down also after an error.
func setUp(ctx context.Context, cfg Config) (*stage, error) {
	s := &stage{
		cfg: cfg, disk: &volume{bytes: logDiskBytes, dir: filepath.Join(cfg.Dir, "disk")}, world: world{began: cfg.Now().UTC().Truncate(time.Second)},
		engine: &engine{disk: &volume{bytes: databaseDiskBytes, dir: filepath.Join(cfg.Dir, "database")}, store: cfg.Store},
	}
	if err := os.MkdirAll(s.notes(), 0o700); err != nil {
		return s, err
	}
	if err := errors.Join(s.disk.mount(ctx), s.engine.disk.mount(ctx)); err != nil {
		return s, err
	}
	if !s.disk.mounted || !s.engine.disk.mounted {
		_, _ = fmt.Fprintln(cfg.Log, "no disk is filled and none loses its power: file systems cannot be made or mounted here")
		s.cfg.Kinds = slices.DeleteFunc(slices.Clone(s.cfg.Kinds), func(k Kind) bool { return k == FullDisk || k == PowerService || k == PowerDatabase || k == PowerMerged })
		if len(s.cfg.Kinds) == 0 {
			return s, errors.New("none of the faults that were asked for can happen here")
		}
	}
	if err := s.engine.start(ctx); err != nil {
		return s, err
	}
	if err := beginLog(ctx, s.queue(), s.world.began.Add(-logAge)); err != nil {
		return s, err
	}
	s.url = s.engine.server.URL()
	if err := s.prepare(ctx); err != nil {
		return s, err
	}
	if err := s.findTables(ctx); err != nil {
		return s, err
	}
	var err error
	if s.back, err = startRelay(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(s.engine.server.Port()))); err != nil {
		return s, err
	}
	address, err := loopback.Address(ctx)
	if err != nil {
		return s, err
	}
	if s.door, err = startRelay(ctx, address); err != nil {
		return s, err
	}
	return s, s.startService(ctx, address)
}

func (s *stage) startService(ctx context.Context, address string) error {
	nobody, err := loopback.Address(ctx)
	if err != nil {
		return err
	}
	database, err := url.Parse(s.url)
	if err != nil {
		return err
	}
	database.Host = s.back.address()
	s.key = auth.NewToken(auth.PrefixOperator)
	s.service = &service{
		orders: orders{NoDedupe: s.cfg.NoDedupe, NoReadBack: s.cfg.NoReadBack, Notes: s.notes()},
		settings: map[string]string{
			"DEVTRAIL_OPERATOR_KEY": s.key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
			"EVENTS_ADDRESS": address, "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": nobody,
			"EVENTS_QUEUE_BYTES": strconv.Itoa(64 << 20), "EVENTS_QUEUE_DIR": s.queue(), "EVENTS_QUEUE_SPARE_BYTES": strconv.Itoa(spareBytes),
			"EVENTS_STORE": s.cfg.Store, "EVENTS_CLICKHOUSE_URL": database.String(), "EVENTS_POSTGRES_URL": database.String(),
		},
		stderr: filepath.Join(s.cfg.Dir, "events.log"),
	}
	if s.cfg.NoDedupe {
		s.service.settings["EVENTS_DEDUPE_HORIZON"] = "0s"
	}
	return s.service.start(ctx)
}

// tearDown ends everything; files stay.
func (s *stage) tearDown(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	if s.service != nil && s.service.cmd != nil {
		s.service.kill()
		s.service.watching.Wait()
	}
	for _, r := range []*relay{s.door, s.back} {
		if r != nil {
			errs = append(errs, r.close())
		}
	}
	if s.engine.server != nil {
		errs = append(errs, s.engine.server.Stop(ctx))
	}
	return errors.Join(append(errs, s.disk.unmount(ctx), s.engine.disk.unmount(ctx))...)
}
