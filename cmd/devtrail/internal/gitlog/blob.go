package gitlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Reasons why a blob's content is not given. They concern one blob; the next one can be read.
var (
	// ErrBlobMissing means that the repository does not have the object, as in a partial clone.
	ErrBlobMissing = errors.New("the repository does not have this version of the file")
	// ErrBlobTooLarge means that the blob is larger than the reader's limit.
	ErrBlobTooLarge = errors.New("this version of the file is too large")
)

// BlobReader reads blobs through one process. Ask and Next may be called from two goroutines, so that git reads ahead;
// it must be closed after both have ended.
type BlobReader struct {
	process *process
	limit   int64
}

// Blobs starts a reader that gives blobs of at most limit bytes.
func (r *Repository) Blobs(ctx context.Context, limit int64) (*BlobReader, error) {
	p, err := r.start(ctx, "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	return &BlobReader{process: p, limit: limit}, nil
}

// Ask asks for a blob; Next gives it. It waits when git is far behind.
func (b *BlobReader) Ask(id string) error {
	if _, err := io.WriteString(b.process.stdin, id+"\n"); err != nil {
		return fmt.Errorf("ask git cat-file for %s: %w", id, err)
	}
	return nil
}

// Next returns the content of the blob that was asked for next. ErrBlobMissing and ErrBlobTooLarge concern this blob;
// any other error ends the reader.
func (b *BlobReader) Next() ([]byte, error) {
	header, err := b.process.stdout.ReadString('\n')
	if err != nil {
		return nil, b.process.broken(noEnd(err))
	}
	fields := strings.Fields(header)
	if len(fields) == 2 && fields[1] == "missing" {
		return nil, ErrBlobMissing
	}
	if len(fields) != 3 {
		return nil, b.process.broken(fmt.Errorf("unexpected header %q", header))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, b.process.broken(fmt.Errorf("unexpected header %q", header))
	}
	if size > b.limit {
		if _, err := io.CopyN(io.Discard, b.process.stdout, size+1); err != nil {
			return nil, b.process.broken(noEnd(err))
		}
		return nil, ErrBlobTooLarge
	}
	content := make([]byte, size+1) // git ends a blob with a newline of its own
	if _, err := io.ReadFull(b.process.stdout, content); err != nil {
		return nil, b.process.broken(noEnd(err))
	}
	return content[:size:size], nil
}

// Close ends the process.
func (b *BlobReader) Close() { b.process.kill() }
