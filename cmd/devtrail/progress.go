package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far an import is. A nil progress shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress returns a bar if out is a terminal, and nil otherwise: a log file wants no bar.
func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &progress{progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("commits"), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))}
}

// Total tells how many commits there are.
func (p *progress) Total(commits int) { p.bar.ChangeMax(commits) }

// Done tells how many are stored. A bar that cannot be drawn is no reason to stop.
func (p *progress) Done(commits int) { _ = p.bar.Set(commits) }

func (p *progress) end() {
	if p != nil {
		_ = p.bar.Finish()
	}
}

// waiting prints why a service stores nothing while it is tried again, in the place of the bar, if there is one: it is drawn anew when something goes on.
func waiting(out io.Writer, bar *progress) func(reason error) {
	return func(reason error) {
		if bar != nil {
			_ = bar.bar.Clear()
		}
		fmt.Fprintf(out, "Nothing is stored at the moment; trying again: %v\n", reason)
	}
}
