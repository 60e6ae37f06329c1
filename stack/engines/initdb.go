package engines

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// postgresMajor is the major version whose clusters we can open.
const postgresMajor = "18"

// prepare brings the data folder to where postgres can start on it: a complete
// cluster of our version and the right owner.
func (p postgres) prepare(ctx context.Context) error {
	info, err := os.Stat(p.DataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return p.initdb(ctx)
	}
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(p.DataDir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return p.initdb(ctx)
	}
	version, err := os.ReadFile(filepath.Join(p.DataDir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the data folder %s is not empty and holds no PostgreSQL cluster: choose another folder", p.DataDir)
	}
	if err != nil {
		return err
	}
	if v := strings.TrimSpace(string(version)); v != postgresMajor {
		return fmt.Errorf("the data folder %s was made by PostgreSQL %s and this is PostgreSQL %s: dump it with the old version and restore, or choose another folder",
			p.DataDir, v, postgresMajor)
	}
	return p.account.checkOwner(p.DataDir, info)
}

// initdb makes the cluster in a temporary sibling and renames it, so that a
// kill in the middle leaves no half cluster under the final name.
func (p postgres) initdb(ctx context.Context) error {
	if err := removeWithPrefix(p.DataDir + ".initdb-"); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(p.DataDir), filepath.Base(p.DataDir)+".initdb-")
	if err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	args := []string{
		"-D", filepath.Join(temp, "data"), "-U", superuser, "-E", "UTF8",
		// Text compares byte by byte, as the services' orders promise, while
		// upper and lower know every alphabet.
		"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
	}
	if !p.Durable {
		args = append(args, "--no-sync")
	}
	if p.Trust {
		args = append(args, "--auth=trust")
	} else {
		password := rand.Text()
		if err := writeSynced(p.passwordFile(), password); err != nil {
			return fmt.Errorf("keep the password: %w", err)
		}
		// initdb may run as another user than the one that owns our file.
		file := filepath.Join(temp, "password")
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			return err
		}
		if err := p.account.own(file); err != nil {
			return err
		}
		args = append(args, "--auth=scram-sha-256", "--pwfile="+file)
	}
	if err := p.account.own(temp); err != nil {
		return err
	}
	if err := p.runInitdb(ctx, args); err != nil {
		return err
	}
	// An empty folder may stand there: a rename does not replace it.
	if err := os.Remove(p.DataDir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(temp, "data"), p.DataDir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(p.DataDir)) // which has its name, and that of the password
}

// writeSynced writes a file that outlives a loss of power, once its folder is synced.
func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (p postgres) runInitdb(ctx context.Context, args []string) error {
	cmd := p.command("initdb", args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	unhook := context.AfterFunc(ctx, func() { _ = killGroup(cmd.Process.Pid) })
	err := cmd.Wait()
	unhook()
	if ctx.Err() != nil {
		return fmt.Errorf("initdb was stopped: %w", context.Cause(ctx))
	}
	if err != nil {
		if strings.Contains(out.String(), "No space left on device") {
			return errors.New("initdb failed: no disk space for a new PostgreSQL cluster (about 40 MB)")
		}
		reason := lastLineWith(out.String(), "error:")
		if reason == "" {
			reason = lastLine(out.String())
		}
		return fmt.Errorf("initdb failed (%w): %s", err, reason)
	}
	return nil
}

func (p postgres) passwordFile() string { return p.DataDir + ".password" }

// password returns the superuser's password, "" for a trusting cluster.
func (p postgres) password() (string, error) {
	if p.Trust {
		return "", nil
	}
	data, err := os.ReadFile(p.passwordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the password file %s is gone: put it back, or choose another data folder", p.passwordFile())
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}
