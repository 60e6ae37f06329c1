package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/schema"
)

func TestJudge(t *testing.T) {
	files := []schema.File{
		{Version: 1, Name: "0001_init.sql", Checksum: "a"},
		{Version: 3, Name: "0003_three.sql", Checksum: "c"},
		{Version: 4, Name: "0004_four.sql", Checksum: "d"},
	}
	for _, c := range []struct {
		say     string
		applied map[int64]string
		want    string
	}{
		{"fits", map[int64]string{1: "a", 3: "c", 4: "d"}, ""},
		{"ahead fits", map[int64]string{1: "a", 3: "c", 4: "d", 5: "e"}, ""},
		{"empty", nil, "the database is behind, at 0000 while this build needs 0004: 0001_init.sql, 0003_three.sql, 0004_four.sql not applied; let the migrations service apply it"},
		{"behind", map[int64]string{1: "a", 3: "c"}, "the database is behind, at 0003 while this build needs 0004: 0004_four.sql not applied; let the migrations service apply it"},
		{"edited", map[int64]string{1: "x", 3: "c", 4: "d"}, "0001_init.sql was edited after it was applied: restore the file as it was and put the change into a new migration"},
		{"missing", map[int64]string{1: "a", 2: "b", 3: "c", 4: "d"}, "applied version 0002 is missing in this build: restore the file or use the build that has it"},
		{"lower", map[int64]string{1: "a", 4: "d"}, "0003_three.sql is not applied and is lower-numbered than 0004, which is: renumber it above 0004"},
		{"lower and pending", map[int64]string{1: "a", 2: "b", 5: "z"}, "applied version 0002 is missing in this build: restore the file or use the build that has it; 0003_three.sql, 0004_four.sql is not applied and is lower-numbered than 0005, which is: renumber it above 0005"},
	} {
		err := schema.Judge(c.applied, files).Err()
		if c.want == "" {
			require.NoError(t, err, c.say)
			continue
		}
		require.EqualError(t, err, c.want, c.say)
		require.ErrorIs(t, err, fault.Unavailable, c.say)
	}
	require.NoError(t, schema.Judge(map[int64]string{1: "a"}, nil).Err())
	many := make([]schema.File, 8)
	for i := range many {
		many[i] = schema.File{Version: int64(i + 1), Name: "f"}
	}
	assert.ErrorContains(t, schema.Judge(nil, many).Err(), "and 3 more")
}

func TestVerdictTellsApart(t *testing.T) {
	edited := schema.File{Version: 1, Name: "0001_init.sql", Checksum: "a"}
	between := schema.File{Version: 3, Name: "0003_between.sql", Checksum: "c"}
	kept := schema.File{Version: 5, Name: "0005_kept.sql", Checksum: "e"}
	next := schema.File{Version: 7, Name: "0007_next.sql", Checksum: "g"}
	v := schema.Judge(map[int64]string{1: "x", 2: "b", 5: "e"}, []schema.File{edited, between, kept, next})
	assert.Equal(t, []schema.File{edited}, v.Edited)
	assert.Equal(t, []int64{2}, v.Missing)
	assert.Equal(t, []schema.File{between}, v.OutOfOrder)
	assert.Equal(t, []schema.File{next}, v.Pending)
	contradiction := v.Contradiction()
	assert.Contains(t, contradiction, "0003_between.sql is not applied and is lower-numbered than 0005, which is: renumber it above 0007")
	assert.NotContains(t, contradiction, "0007_next.sql", "what waits contradicts nothing")
	require.ErrorContains(t, v.Err(), contradiction+"; the database is behind, at 0005 while this build needs 0007: 0007_next.sql not applied")
	assert.Empty(t, schema.Judge(nil, []schema.File{next}).Contradiction())
}
