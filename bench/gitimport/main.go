// Command gitimport measures what an import costs: the time of `devtrail import git` over that of `git log --numstat` on the
// same history, in turns on the same machine. The aim is at most 1.5.
//
// By itself it measures the importer alone: events go over the wire to a service in this process that only remembers ids. With -address and -key it
// measures the whole suite.
//
//	go run ./bench/gitimport                         a generated product, importer alone
//	go run ./bench/gitimport -repo PATH              another history
//	go run ./bench/gitimport -address 127.0.0.1:7404 -packages-address 127.0.0.1:7403 -key dvi_...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"devtrail.dev/bench/gitfixture"
)

// aim is the ratio that the project promises to stay under.
const aim = 1.5

// settings are the flags.
type settings struct {
	repo, devtrail, address, packages, key string
	commits, runs                          int
}

func main() {
	var s settings
	flag.StringVar(&s.repo, "repo", "", "repository to import (default a generated one)")
	flag.StringVar(&s.devtrail, "devtrail", "", "devtrail binary (default built from the module cmd/devtrail)")
	flag.StringVar(&s.address, "address", "", "events service (default one in this process that stores nothing)")
	flag.StringVar(&s.packages, "packages-address", "", "packages service, with -address")
	flag.StringVar(&s.key, "key", "", "API key, with -address")
	flag.IntVar(&s.commits, "commits", 0, "commits of the generated repository (default 3200)")
	flag.IntVar(&s.runs, "runs", 3, "how often to measure each")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "gitimport:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	work, err := os.MkdirTemp("", "devtrail-gitimport-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if s.repo == "" {
		s.repo = filepath.Join(work, "product.git")
		fmt.Println("making the repository")
		if err := gitfixture.Generate(ctx, s.repo, gitfixture.Product{Commits: s.commits, Seed: 1}); err != nil {
			return err
		}
	}
	if s.devtrail == "" {
		s.devtrail = filepath.Join(work, "devtrail")
		fmt.Println("building devtrail")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.devtrail, "devtrail.dev/cmd/devtrail").CombinedOutput(); err != nil {
			return fmt.Errorf("build devtrail: %w: %s", err, out)
		}
	}
	var kept *counter
	if s.address == "" {
		if kept, err = startCounter(); err != nil {
			return err
		}
		defer kept.stop()
		s.address, s.packages, s.key = kept.address, kept.address, "dvi_bench"
	}
	return measure(ctx, s, kept)
}

// cost is what a command took.
type cost struct{ wall, cpu time.Duration }

// measure runs git log and the import in turns and prints the ratio of the fastest of each.
func measure(ctx context.Context, s settings, kept *counter) error {
	var logs, imports []cost
	for n := range s.runs {
		log, err := timed(exec.CommandContext(ctx, "git", "-C", s.repo, "log", "--numstat"))
		if err != nil {
			return err
		}
		// Another project gives other ids, so every import stores everything.
		project := fmt.Sprintf("bench/gitimport-%d-%d", time.Now().UnixNano(), n)
		imported, err := timed(exec.CommandContext(ctx, s.devtrail, "import", "git", "--from-start", "--project", project,
			"--address", s.address, "--packages-address", s.packages, "--key", s.key, s.repo))
		if err != nil {
			return err
		}
		logs, imports = append(logs, log), append(imports, imported)
		fmt.Printf("run %d  git log --numstat %.2fs (cpu %.2fs)  import %.2fs (cpu %.2fs)  ratio %.2f\n", n+1,
			log.wall.Seconds(), log.cpu.Seconds(), imported.wall.Seconds(), imported.cpu.Seconds(), imported.wall.Seconds()/log.wall.Seconds())
	}
	if kept != nil {
		fmt.Printf("events an import: %d\n", kept.stored.Load()/int64(s.runs))
	}
	byWall := func(a, b cost) int { return int(a.wall - b.wall) }
	ratio := slices.MinFunc(imports, byWall).wall.Seconds() / slices.MinFunc(logs, byWall).wall.Seconds()
	fmt.Printf("fastest import over fastest git log --numstat: %.2f (aim: at most %.1f)\n", ratio, aim)
	return nil
}

// timed runs a command with its output thrown away.
func timed(cmd *exec.Cmd) (cost, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return cost{}, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args[:2], " "), err, stderr.String())
	}
	if err != nil {
		return cost{}, err
	}
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}
