package manifest

import (
	"bytes"
	"errors"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var errZeroByte = errors.New("it has a zero byte, so it is neither UTF-8 nor UTF-16 with a byte order mark")

// decode gives the text in UTF-8 without a byte order mark. PowerShell writes `pip freeze > requirements.txt` in UTF-16, and editors on Windows write the mark:
// readers of lines would find other names, or none, and say nothing.
func decode(content []byte) ([]byte, error) {
	if hasMark(content) {
		var err error
		if content, _, err = transform.Bytes(unicode.BOMOverride(transform.Nop), content); err != nil {
			return nil, err
		}
	}
	if bytes.IndexByte(content, 0) >= 0 {
		return nil, errZeroByte
	}
	return content, nil
}

func hasMark(content []byte) bool {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(content, []byte(mark)) {
			return true
		}
	}
	return false
}
