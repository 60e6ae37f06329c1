package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"
)

// Each format says the same in each encoding that begins with a mark.
func TestByteOrderMarks(t *testing.T) {
	t.Parallel()
	for format, want := range fixtures {
		content, err := os.ReadFile(filepath.Join("testdata", string(format)+".fixture"))
		require.NoError(t, err)
		for _, order := range []unicode.Endianness{unicode.BigEndian, unicode.LittleEndian} {
			encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes(content)
			require.NoError(t, err)
			result, err := Extract(t.Context(), string(format), encoded)
			require.NoError(t, err, format)
			require.Equal(t, want.purls, result.Purls, format)

			_, err = Extract(t.Context(), string(format), encoded[2:])
			require.ErrorIs(t, err, ErrInvalid, format)
			require.ErrorContains(t, err, "zero byte", format)
		}
		result, err := Extract(t.Context(), string(format), append([]byte("\xef\xbb\xbf"), content...))
		require.NoError(t, err, format)
		require.Equal(t, want.purls, result.Purls, format)
	}
}

// An XML file states its encoding a second time.
func TestPomInUTF16(t *testing.T) {
	t.Parallel()
	content := append([]byte(`<?xml version="1.0" encoding="UTF-16"?>`), pomOf("", "1.0")...)
	encoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(content)
	require.NoError(t, err)
	result, err := Extract(t.Context(), "pom.xml", encoded)
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:maven/org.y/z@1.0"}, result.Purls)

	latin := bytes.Replace(content, []byte("UTF-16"), []byte("ISO-8859-1"), 1)
	result, err = Extract(t.Context(), "pom.xml", latin)
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:maven/org.y/z@1.0"}, result.Purls)
}

func TestPackagesConfigInUTF16(t *testing.T) {
	t.Parallel()
	for _, declared := range []string{"utf-16", "UTF-16", "utf-16LE"} {
		content := `<?xml version="1.0" encoding="` + declared + `"?><packages><package id="Newtonsoft.Json" version="13.0.3" /><package id="a" /><package version="1" /></packages>`
		encoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(content))
		require.NoError(t, err)
		result, err := Extract(t.Context(), "packages.config", encoded)
		require.NoError(t, err, declared)
		require.Equal(t, []string{"pkg:nuget/Newtonsoft.Json@13.0.3"}, result.Purls)
		require.Equal(t, 2, result.Skipped)
	}
	_, err := Extract(t.Context(), "packages.config", []byte(`<configuration></configuration>`))
	require.ErrorIs(t, err, ErrInvalid)
}
