package engines

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// logFile is where an engine's own output goes. It is a plain file, so that
// the engine writes on when its parent is gone.
type logFile struct {
	file *os.File
	from int64 // where this run's output begins
	path string
}

// logLimit is the size at which a log is put aside when its engine starts.
const logLimit = 16 << 20

func openLog(path string) (*logFile, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put the engine's log aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the engine's log: %w", err)
	}
	from, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open the engine's log: %w", err)
	}
	return &logFile{file: file, from: from, path: path}, nil
}

// tail returns at most the last 16 KB that this run wrote.
func (l *logFile) tail() string {
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	start := max(l.from, info.Size()-16<<10)
	data, err := io.ReadAll(io.NewSectionReader(l.file, start, info.Size()-start))
	if err != nil {
		return ""
	}
	return string(data)
}

// lastLine returns the last line that is not blank.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return "it wrote nothing"
}

// lastLineWith returns the last line that contains the word, "" when none.
func lastLineWith(text, word string) string {
	found := ""
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			found = strings.TrimSpace(line)
		}
	}
	return found
}
