package insight_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
)

func TestFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"A": 6, "b": 3, " A / B ": 2, "A-B-B": 0, "A/B/B": 2.0 / 3, "A+B*2": 12, "(A+B)*2": 18, "2^3^2": 512, "-2^2": -4, "2^-1": 0.5, "(-2)^2": 4, "--A": 6, "A*-B": -18,
		".5*A": 3, "1.25": 1.25, "A/0": 0, "5+A/0": 0, "0/0": 0, "1/(A/0)": 0, "0^(1/0)": 0, "(1/0)^0": 0, "5+1/0^-1": 0, "10^400": 0, "(0-8)^.5": 0, "C": 0,
	} {
		f, err := insight.ParseFormula(text, 3)
		require.NoError(t, err, text)
		require.InDelta(t, want, f.Value([]float64{6, 3, 0}), 1e-12, text)
	}
	for _, text := range []string{
		"", " ", "D", "AB", "A B", "A+", "*A", "(A", "A)", "()", "A**B", "A%B", "A,B", "1.2.3", ".", "1e5", "A;DROP", "sqrt(A)", "A\u00d7B", "A\nB", "A=1", "\u0391", "{", "[A]", "A/*B*/",
		strings.Repeat("(", 500) + "A", strings.Repeat("A+", 600) + "A",
	} {
		_, err := insight.ParseFormula(text, 3)
		refused(t, err, "formula", text)
	}
}

// FuzzFormula: what is taken has a finite value and means the same in small letters.
func FuzzFormula(f *testing.F) {
	for _, seed := range []string{"A/B", "-(A+2)^-b", "((1))", "A//B"} {
		f.Add(seed, 1.5, -2.0)
	}
	f.Fuzz(func(t *testing.T, text string, a, b float64) {
		formula, err := insight.ParseFormula(text, 2)
		if err != nil {
			return
		}
		v := formula.Value([]float64{a, b})
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
		lower, err := insight.ParseFormula(strings.ToLower(text), 2)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(v), math.Float64bits(lower.Value([]float64{a, b})))
	})
}
