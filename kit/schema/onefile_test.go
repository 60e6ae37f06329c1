package schema_test

import (
	"io/fs"
	"testing/fstest"
)

// oneFile is a folder with a file of any name, also of names that fs.ValidPath refuses.
type oneFile struct{ name string }

func (o oneFile) Open(string) (fs.File, error) {
	return fstest.MapFS{"f": &fstest.MapFile{Data: []byte("SELECT 1;")}}.Open("f")
}

func (o oneFile) ReadDir(string) ([]fs.DirEntry, error) {
	entries, err := fstest.MapFS{"f": &fstest.MapFile{}}.ReadDir(".")
	return []fs.DirEntry{named{entries[0], o.name}}, err
}

type named struct {
	fs.DirEntry
	name string
}

func (n named) Name() string { return n.name }
