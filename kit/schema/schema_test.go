package schema_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestFiles(t *testing.T) {
	fsys := folder(map[string]string{
		"0010_more.sql":     "SELECT 1;\r\n",
		"0002_index.sql":    "-- why\n\n-- devtrail: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);",
		"0001_init.sql":     "CREATE TABLE t (a bigint);\n-- devtrail: no-transaction\n",
		"embed.go":          "package migrations",
		"sub/0001_init.sql": "ignored",
	})
	files, err := schema.Files(fsys)
	require.NoError(t, err)
	require.Len(t, files, 3)
	assert.Equal(t, []int64{1, 2, 10}, []int64{files[0].Version, files[1].Version, files[2].Version})
	assert.Equal(t, "0001_init.sql", files[0].Name)
	assert.False(t, files[0].NoTransaction, "the mark counts only before the first statement")
	assert.True(t, files[1].NoTransaction)
	unix, err := schema.Files(folder(map[string]string{"0010_more.sql": "SELECT 1;\n"}))
	require.NoError(t, err)
	assert.Equal(t, unix[0].Checksum, files[2].Checksum, "line ends do not count")
	assert.Len(t, files[0].Checksum, 64)
	head, err := schema.Head(fsys)
	require.NoError(t, err)
	assert.EqualValues(t, 10, head)
	head, err = schema.Head(folder(nil))
	require.NoError(t, err)
	assert.Zero(t, head)
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{"1_init.sql", "0001.sql", "0001-init.sql", "0001_Init.sql", "init.sql", "0000_zero.sql", "0001_.sql", "0001_a__b.sql", "0001_init.SQL"} {
		_, err := schema.Files(folder(map[string]string{name: ""}))
		require.ErrorContains(t, err, name)
		_, err = schema.Head(folder(map[string]string{name: ""}))
		require.Error(t, err)
	}
	_, err := schema.Files(folder(map[string]string{"0001_a.sql": "", "00001_b.sql": ""}))
	assert.ErrorContains(t, err, "same version")
}

// FuzzFiles holds that any name is either refused by an error that quotes it, passed over, or read with a version.
func FuzzFiles(f *testing.F) {
	for _, s := range []string{"0001_init.sql", "1.sql", "0001_a.SQL", "x", "99999999999999999999_a.sql", "0001_\u00e9.sql"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." {
			return
		}
		files, err := schema.Files(oneFile{name})
		if err != nil {
			require.Contains(t, err.Error(), "migration")
			return
		}
		for _, file := range files {
			require.Equal(t, name, file.Name)
			require.Positive(t, file.Version)
		}
	})
}

func TestAByteOrderMarkIsNotPartOfTheText(t *testing.T) {
	t.Parallel()
	const text = "\ufeff-- devtrail: background\n-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"
	files, err := schema.Files(folder(map[string]string{"0001_a.sql": text}))
	require.NoError(t, err)
	assert.True(t, files[0].Background)
	assert.Equal(t, "-- devtrail: background\n-- +goose Up\nSELECT 1;\n", files[0].SQL)
	sum := sha256.Sum256([]byte(text))
	assert.Equal(t, hex.EncodeToString(sum[:]), files[0].Checksum, "the checksum is that of the whole text")
	header, err := schema.ParseHeader(text)
	require.NoError(t, err)
	assert.True(t, header.Background)
	applied, err := schema.Applied(text)
	require.NoError(t, err)
	assert.Equal(t, files[0].SQL, applied)

	moved, err := backfills("0001_a.sql", "\ufeff-- devtrail: backfill things\nSELECT 1")
	require.NoError(t, err)
	assert.Equal(t, "-- devtrail: backfill things\nSELECT 1", moved[0].SQL)
}
