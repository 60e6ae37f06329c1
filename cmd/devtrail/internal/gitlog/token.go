package gitlog

import (
	"bufio"
	"errors"
	"io"
)

// tokenReader reads NUL-terminated tokens of any length.
type tokenReader struct {
	from *bufio.Reader
	long []byte
}

// next returns a token that is good until the next call. It returns io.EOF at the end of the output.
func (t *tokenReader) next() ([]byte, error) {
	token, err := t.from.ReadSlice(0)
	if err == nil {
		return token[:len(token)-1], nil
	}
	t.long = append(t.long[:0], token...)
	for errors.Is(err, bufio.ErrBufferFull) {
		token, err = t.from.ReadSlice(0)
		t.long = append(t.long, token...)
	}
	if err == nil {
		return t.long[:len(t.long)-1], nil
	}
	if errors.Is(err, io.EOF) && len(t.long) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return nil, err
}
