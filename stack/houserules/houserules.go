// Package houserules holds the rules of this repository that a compiler does
// not know, as tests with friendly messages: who may import whom, which words
// documents must keep true, what every RPC declares. It stands off the path of
// a request and is imported by nobody.
package houserules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tree is a checkout of the repository.
type Tree struct {
	Root  string   // absolute
	Files []string // slashed paths from the root: what Git tracks or would track
}

// Open finds the repository around the working folder and lists its files.
func Open() (Tree, error) {
	root, err := os.Getwd()
	if err != nil {
		return Tree{}, err
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return Tree{}, errors.New("there is no go.work above the working folder")
		}
		root = filepath.Dir(root)
	}
	files, err := listFiles(root)
	return Tree{Root: root, Files: files}, err
}

func listFiles(root string) ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return walk(root) // a copy of the tree without its history
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	return files, nil
}

func walk(root string) ([]string, error) {
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") && d.Name() != ".ci":
			return fs.SkipDir
		case d.Type().IsRegular():
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// Read returns the text of a file.
func (t Tree) Read(path string) (string, error) {
	data, err := os.ReadFile(filepath.Join(t.Root, path))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return string(data), nil
}

// Generated reports whether a tool wrote the file.
func Generated(path string) bool {
	return strings.HasPrefix(path, "proto/gen/") || strings.Contains(path, "/sqlcgen/")
}
