package answer

import (
	"math"
	"slices"

	"devtrail.dev/services/events/insight"
)

// bins are n+1 rows of one width from the lowest bound on.
type bins struct {
	lowest, width float64
	n             int
}

// binsOf fits samples, of which there is at least one; 0 chooses the number of bins by theirs.
func binsOf(samples []float64, n int) bins {
	b := bins{lowest: math.Floor(slices.Min(samples)), n: n}
	switch {
	case b.n < 0:
		b.n = 1
	case b.n > insight.MaxBins:
		b.n = insight.MaxBins
	case b.n == 0:
		for b.n*b.n*b.n < len(samples) {
			b.n++
		}
		b.n = min(max(b.n, 3), 60)
	}
	if b.width = math.Ceil((math.Ceil(slices.Max(samples)) - b.lowest) / float64(b.n)); b.width == 0 {
		b.width = 60
	}
	return b
}

// of returns which bin a sample is in.
func (b bins) of(seconds float64) int {
	return min(int(math.Floor((seconds-b.lowest)/b.width)), b.n)
}

func (b bins) count(samples []float64) []insight.FunnelBin {
	rows := make([]insight.FunnelBin, b.n+1)
	for i := range rows {
		rows[i].FromSeconds = int64(b.lowest + float64(i)*b.width)
	}
	for _, s := range samples {
		rows[b.of(s)].Actors++
	}
	return rows
}
