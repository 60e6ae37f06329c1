package supervisor

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// logLimit is the size at which a log is put aside when its process starts.
const logLimit = 16 << 20

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the log: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put the log aside: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return log, nil
}

// lastLine returns the last line that was written to the log since the offset,
// "" when there is none.
func lastLine(path string, since int64) string {
	const enough = 8 << 10
	log, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return ""
	}
	since = max(since, info.Size()-enough)
	data, err := io.ReadAll(io.NewSectionReader(log, since, info.Size()-since))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
