package engines

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrUnreachable reports a folder that the unprivileged user of Postgres
// cannot enter; it happens only when we run as root.
var ErrUnreachable = errors.New("folder out of reach")

// unprivileged is the account that runs Postgres when we are root, which
// Postgres refuses. It must exist in the password database.
const unprivileged = "nobody"

// account is a user to run a process as; nil means ourselves.
type account struct {
	name     string
	uid, gid uint32
}

// postgresAccount returns nil unless we are root.
func postgresAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(unprivileged)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root and there is no user %q to run it as: run as an ordinary user", unprivileged)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", unprivileged, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", unprivileged, err)
	}
	return &account{name: unprivileged, uid: uint32(uid), gid: uint32(gid)}, nil
}

// apply makes a child run as the account.
func (a *account) apply(attr *syscall.SysProcAttr) {
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// own gives a file or folder to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// checkReach returns nil when the account can enter every folder above path.
func (a *account) checkReach(path string) error {
	if a == nil {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return err
	}
	for dir := resolved; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if !a.mayEnter(info) {
			return fmt.Errorf("%w: %s (mode %#o) is closed to user %s, which PostgreSQL runs as under root: choose a folder elsewhere, or run as an ordinary user",
				ErrUnreachable, dir, info.Mode().Perm(), a.name)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (a *account) mayEnter(info os.FileInfo) bool {
	mode := info.Mode().Perm()
	st := info.Sys().(*syscall.Stat_t)
	switch {
	case st.Uid == a.uid:
		return mode&0o100 != 0
	case st.Gid == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// checkOwner returns a sentence when path belongs to another user than the one
// that will use it: Postgres would refuse with less clear words.
func (a *account) checkOwner(path string, info os.FileInfo) error {
	want := uint32(os.Geteuid())
	if a != nil {
		want = a.uid
	}
	st := info.Sys().(*syscall.Stat_t)
	if st.Uid == want {
		return nil
	}
	owner := strconv.Itoa(int(st.Uid))
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	return fmt.Errorf("the data folder %s belongs to user %s: run as that user, or choose another folder", path, owner)
}
