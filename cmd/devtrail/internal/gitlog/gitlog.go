// Package gitlog reads Git histories through the git command line: commits with their changed files, blobs,
// what a merge has that none of its parents had, and the files of a revision. It knows nothing of packages or events.
// On the path of an import it is the first room: gitlog -> history -> importer -> wire.
//
// Everything that a user's configuration could change about git's output is set on the command line or in the
// environment, so that the same history reads the same everywhere.
package gitlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrEmpty means that the revision to read has no commit yet, as in a repository that was just made.
var ErrEmpty = errors.New("the repository has no commits there")

// Repository is a Git repository on this machine. It is safe for concurrent use; each call runs processes of its own.
type Repository struct {
	// GitDir is the absolute path of the repository's own data, shared by its linked worktrees.
	GitDir string
	// Name is the repository's name on this machine: the base name of its folder, without `.git`.
	Name string
	// ObjectFormat is `sha1` or `sha256`.
	ObjectFormat string
	// Shallow lists the commits whose parents were left out when the repository was cloned; empty for a whole history.
	Shallow []string

	dir string
}

// Open finds the repository that path lies in: a worktree, a folder in one, a linked worktree, a bare repository or
// a .git folder.
func Open(ctx context.Context, path string) (*Repository, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find repository %q: %w", path, err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("find repository: %q is no folder", path)
	}
	repo := &Repository{dir: dir}
	out, err := repo.output(ctx, "rev-parse", "--path-format=absolute",
		"--git-common-dir", "--is-bare-repository", "--show-object-format")
	if err != nil {
		return nil, fmt.Errorf("find repository %q: %w", path, err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) < 3 {
		return nil, fmt.Errorf("find repository %q: git rev-parse answered %q", path, out)
	}
	// A folder's name may hold newlines; what follows it may not.
	last := len(lines) - 2
	repo.GitDir = strings.Join(lines[:last], "\n")
	repo.ObjectFormat = lines[last+1]
	repo.Name = repo.name(ctx, lines[last] == "true")
	if repo.Shallow, err = readShallow(repo.GitDir); err != nil {
		return nil, fmt.Errorf("read the shallow boundary of %q: %w", path, err)
	}
	return repo, nil
}

func (r *Repository) name(ctx context.Context, bare bool) string {
	base := filepath.Base(r.GitDir)
	switch {
	case base == ".git":
		return filepath.Base(filepath.Dir(r.GitDir))
	case bare:
		return strings.TrimSuffix(base, ".git")
	}
	// The data of a submodule and of `git init --separate-git-dir` lie apart from the worktree, which has the name.
	if top, err := r.output(ctx, "rev-parse", "--show-toplevel"); err == nil {
		return filepath.Base(strings.TrimSuffix(top, "\n"))
	}
	return strings.TrimSuffix(base, ".git")
}

func readShallow(gitDir string) ([]string, error) {
	content, err := os.ReadFile(filepath.Join(gitDir, "shallow"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(content)), err
}

// Remote returns the address of the remote named origin as it is configured, or empty when there is none.
func (r *Repository) Remote(ctx context.Context) string {
	out, err := r.output(ctx, "config", "--get", "remote.origin.url")
	if err != nil {
		return "" // git config fails when the key is not set.
	}
	return strings.TrimSuffix(out, "\n")
}

// Resolve returns the id of the commit that revision names. ErrEmpty when it is a branch without commits.
func (r *Repository) Resolve(ctx context.Context, revision string) (string, error) {
	out, err := r.output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err == nil {
		return strings.TrimSpace(out), nil
	}
	if _, unborn := r.output(ctx, "symbolic-ref", "--quiet", "--end-of-options", revision); unborn == nil {
		return "", fmt.Errorf("read revision %q: %w", revision, ErrEmpty)
	}
	return "", fmt.Errorf("read revision %q: there is no such commit", revision)
}
