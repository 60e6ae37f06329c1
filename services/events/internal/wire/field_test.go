package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASCIIOfAnyLength(t *testing.T) {
	t.Parallel()
	for n := range 70 {
		text := bytes.Repeat([]byte{0x7f}, n)
		require.True(t, ascii(text))
		for i := range text {
			text[i] = 0x80
			require.False(t, ascii(text), "byte %d of %d", i, n)
			text[i] = 'a'
		}
	}
}
