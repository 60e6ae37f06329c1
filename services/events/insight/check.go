package insight

// Limits of requests.
const (
	MaxSeries          = 26
	MaxBreakdownValues = 500
	MaxCohorts         = 100
	MaxSteps           = 20
	MaxExclusions      = 20
	MaxIntervals       = 100
	MaxSources         = 20
	MaxPathRules       = 100 // cleanings, groupings and excluded items, each
	MaxEdges           = 1000
	defaultBreakdown   = 25
)

// within refuses a number outside its limits.
func within(field string, n, least, most int) error {
	if n < least || n > most {
		return ErrLimitInvalid.With("%s is %d, it must be %d to %d", field, n, least, most).Field(field)
	}
	return nil
}
