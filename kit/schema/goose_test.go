package schema_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

func TestFilesOfGooseAreReadWithoutTheirWayBack(t *testing.T) {
	const text = "-- devtrail: background\n-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (a bigint);\n-- +goose statementbegin\nSELECT 1;\n--+goose StatementEnd\n"
	files, err := schema.Files(folder(map[string]string{
		"0001_t.sql": text + "  -- +goose Down\nDROP TABLE t;\n",
		"0002_u.sql": "-- +goose Up\nCREATE TABLE u (a bigint);\n",
	}))
	require.NoError(t, err)
	assert.Equal(t, text, files[0].SQL)
	assert.True(t, files[0].NoTransaction)
	assert.True(t, files[0].Background, "both kinds of header hold")
	sum := sha256.Sum256([]byte(text + "  -- +goose Down\nDROP TABLE t;\n"))
	assert.Equal(t, hex.EncodeToString(sum[:]), files[0].Checksum, "the checksum is that of the whole text")
	assert.False(t, files[1].NoTransaction)
}

func TestAnnotationsOfGooseThatDoNotFitAreRefusedByName(t *testing.T) {
	for text, want := range map[string]string{
		"-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;":                        "line 2: +goose ENVSUB is refused",
		"-- +goose Down\nSELECT 1;":                                           "+goose Down must come once and behind +goose Up",
		"-- +goose Up\n-- +goose Up\n":                                        "line 2: +goose Up must come once",
		"-- +goose NO TRANSACTION\nVACUUM;":                                   "without +goose Up",
		"-- +goose Up\n-- +goose StatementBegin\nSELECT 1;":                   "has no +goose StatementEnd",
		"-- +goose Up\n-- +goose StatementEnd\n":                              "come in turns",
		"-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n": "line 4: +goose Down stands in a statement",
		"-- +goose Up\n-- +goose Sideways\nSELECT 1;":                         "+goose Sideways is not known",
	} {
		_, err := schema.Files(folder(map[string]string{"0001_x.sql": text}))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "0001_x.sql")
		same, err := schema.Applied(text)
		require.ErrorContains(t, err, want)
		assert.Equal(t, text, same)
	}
}
