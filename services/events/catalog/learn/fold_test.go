package learn_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/catalog/learn"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func occurrence(n byte, at time.Time, properties string) catalog.Occurrence {
	return catalog.Occurrence{Name: "a", At: at, ID: uuid.UUID{15: n}, Properties: properties}
}

func TestWhatIsLearnedDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable, not secret
	var list []catalog.Occurrence
	for n := range byte(60) {
		at := noon.Add(time.Duration(r.IntN(5)) * 20 * time.Hour) // often at one time
		list = append(list, occurrence(n, at, fmt.Sprintf(`{"p":%s%s,"q":"%d"}`,
			[]string{"1", `"x"`, "null", "true", "[]", "{}"}[r.IntN(6)], []string{"", `,"pp":1`, `,"nul\u0000":1`}[r.IntN(3)], n)))
	}
	var want []catalog.LearnedDay
	for try := range 10 {
		var fold learn.Fold
		for _, o := range list {
			fold.Add(o)
		}
		require.EqualValues(t, len(list), fold.Events())
		if try == 0 {
			want = fold.Days()
		}
		require.Equal(t, want, fold.Days())
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}

func TestADayIsLearnedOfWithinLimits(t *testing.T) {
	t.Parallel()
	var object strings.Builder
	for i := range learn.MaxKeys + 7 {
		fmt.Fprintf(&object, `,"k%04d":1`, i)
	}
	long := strings.Repeat("\u00e9", learn.MaxKeyLength)
	var fold learn.Fold
	fold.Add(occurrence(1, noon, "{"+object.String()[1:]+"}"))
	days := fold.Days()
	require.Len(t, days, 1)
	require.Len(t, days[0].Rows, 1+learn.MaxKeys)
	require.Equal(t, "k0999", days[0].Rows[learn.MaxKeys].Key)

	fold = learn.Fold{}
	fold.Add(occurrence(1, noon, `{"":1,"nul\u0000":1,"`+long+`":"`+strings.Repeat("\u00e9", learn.MaxExampleLength+1)+`","`+long+`x":1}`))
	rows := fold.Days()[0].Rows
	require.Len(t, rows, 2)
	require.Equal(t, long, rows[1].Key)
	require.Equal(t, strings.Repeat("\u00e9", learn.MaxExampleLength), rows[1].Example)
	require.Empty(t, (&learn.Fold{}).Days())
}
