package postgres

import "devtrail.dev/services/events/insight"

// measure is the math of a series, as the templates look at it.
type measure struct {
	Events, Actors, Sums, Least, Greatest bool // none: a percentile

	Number   property   // the zero value: none is wanted
	Fraction string     // parameter: of a percentile
	Window   *condition // of the total of a math over days: the days that count
}

func (q *query) measure(r *relation, series insight.Series) measure {
	m := measure{
		Events: series.Math == insight.Total, Sums: series.Math == insight.Sum || series.Math == insight.Average,
		Actors: series.Math == insight.UniqueActors || series.Math.Windowed(),
		Least:  series.Math == insight.Minimum, Greatest: series.Math == insight.Maximum,
	}
	if m.Actors {
		r.actors()
	}
	if series.Math.Numeric() {
		m.Number = q.property(r, series.Property)
		m.Fraction = q.param(series.Math.Percentile())
	}
	return m
}

// measured is the columns of a measure.
type measured struct {
	value, great float64
	numbers      int64
}

// number puts them together. A sum beyond the greatest number is infinite, as it is in Go.
func (m measured) number(math insight.Math) float64 {
	switch math {
	case insight.Sum:
		return m.value + m.great*1e100
	case insight.Average:
		if m.numbers == 0 {
			return 0
		}
		return (m.value + m.great*1e100) / float64(m.numbers)
	}
	return m.value
}
