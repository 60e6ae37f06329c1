package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
)

// rules is the number of the rules by which history makes events. It is raised when the same history gives other events
// than before, so that checkpoints of older builds no longer hold.
const rules = 1

// Checkpoints remember, for each repository, project and server, a commit that is stored together with all its ancestors.
// They only save time. A checkpoint holds if the service still has the commit's event; after a reset it does not, and
// everything is sent again. A nil Checkpoints remembers nothing.
type Checkpoints struct {
	// Dir is the folder to keep them in; it is made when needed.
	Dir string
	// Server tells servers apart: the address.
	Server string
}

// record is a checkpoint's file.
type record struct {
	Rules   int    `json:"rules"`
	Project string `json:"project"`
	Shallow string `json:"shallow"` // hash of the shallow boundary: deepening a clone brings older commits
	Commit  string `json:"commit"`
}

// mark is the checkpoint of one import.
type mark struct {
	path   string
	record record
	// err is the first failure to write it; the import goes on without.
	err error
}

func (c *Checkpoints) mark(repo *gitlog.Repository, project string) *mark {
	if c == nil {
		return nil
	}
	name := hash(repo.GitDir, project, c.Server)
	return &mark{
		path:   filepath.Join(c.Dir, name+".json"),
		record: record{Rules: rules, Project: project, Shallow: hash(repo.Shallow...)},
	}
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// commit returns the commit of a checkpoint that may hold, or nothing.
func (m *mark) commit(ctx context.Context, repo *gitlog.Repository) string {
	if m == nil {
		return ""
	}
	content, err := os.ReadFile(m.path)
	if err != nil {
		return ""
	}
	var found record
	if json.Unmarshal(content, &found) != nil {
		return ""
	}
	want := m.record
	want.Commit = found.Commit
	if found != want {
		return ""
	}
	// A rewritten history may have lost it.
	if id, err := repo.Resolve(ctx, found.Commit); err != nil || id != found.Commit {
		return ""
	}
	return found.Commit
}

// forget takes the checkpoint away. It says whether it is gone.
func (m *mark) forget() bool {
	if err := os.Remove(m.path); err != nil {
		m.err = fmt.Errorf("forget how far an earlier import came: %w", err)
		return false
	}
	return true
}

// reached remembers that a commit and all its ancestors are stored.
func (m *mark) reached(commit string) {
	if m == nil || m.err != nil || commit == "" {
		return
	}
	m.record.Commit = commit
	if err := m.write(); err != nil {
		m.err = fmt.Errorf("remember how far the import came: %w", err)
	}
}

func (m *mark) write() error {
	content, err := json.Marshal(m.record)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(m.path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(m.path), filepath.Base(m.path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), m.path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
