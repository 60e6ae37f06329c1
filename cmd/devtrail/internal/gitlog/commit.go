package gitlog

import "time"

// Commit is one commit and what it changed against its first parent. A merge changes nothing here; see MergeReader.
type Commit struct {
	// ID is the commit's object id in hexadecimal digits.
	ID string
	// Parents are the ids of its parents; none for a root commit.
	Parents []string
	// Author is who wrote it, after the repository's mailmap.
	Author Person
	// AuthoredAt is when it was written, to the second, UTC; zero when the commit does not say.
	AuthoredAt time.Time
	// Committer is who put it into the history, after the repository's mailmap.
	Committer Person
	// CommittedAt is when that was, to the second, UTC; zero when the commit does not say.
	CommittedAt time.Time
	// Subject is the first paragraph of the message in one line, in UTF-8 as far as git can convert it.
	Subject string
	// Files is how many paths it changed.
	Files int
	// Added and Removed count lines, binary files left out.
	Added, Removed int
	// Changes are the changes of the regular files that the reader asked for.
	Changes []Change
}

// Merge says whether the commit has more than one parent.
func (c Commit) Merge() bool { return len(c.Parents) > 1 }

// Person is a name and an e-mail address as Git has them: bytes, which need not be UTF-8.
type Person struct {
	Name  string
	Email string
}

// Change is a change of one file's content. Symbolic links and submodules count as no file.
type Change struct {
	// Path is the file's path from the root of the repository, with slashes: bytes, which need not be UTF-8.
	Path string
	// Old is the blob before, one for each parent; empty where there was no regular file.
	Old []string
	// New is the blob after; empty when there is no regular file.
	New string
}
