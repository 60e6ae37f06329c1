package insight

import "devtrail.dev/kit/fault"

// The rules that a question can break, besides those of package events. Their reasons are part of the contract: clients branch on them.
var (
	ErrBreakdownInvalid = fault.New(fault.Invalid, "BREAKDOWN_INVALID", "the breakdown is not valid")
	ErrDateInvalid      = fault.New(fault.Invalid, "DATE_INVALID", "the date text cannot be read")
	ErrFilterInvalid    = fault.New(fault.Invalid, "FILTER_INVALID", "the property filter is not valid")
	ErrFormulaInvalid   = fault.New(fault.Invalid, "FORMULA_INVALID", "the formula cannot be read")
	ErrFunnelInvalid    = fault.New(fault.Invalid, "FUNNEL_INVALID", "the funnel is not valid")
	ErrLimitInvalid     = fault.New(fault.Invalid, "LIMIT_INVALID", "the number is out of its range")
	ErrMathInvalid      = fault.New(fault.Invalid, "MATH_INVALID", "the math is not valid")
	ErrPathsInvalid     = fault.New(fault.Invalid, "PATHS_INVALID", "the paths are not valid")
	ErrPatternInvalid   = fault.New(fault.Invalid, "PATTERN_INVALID", "the pattern is not valid RE2")
	ErrSeriesInvalid    = fault.New(fault.Invalid, "SERIES_INVALID", "the series are not valid")
	ErrCellInvalid      = fault.New(fault.Invalid, "CELL_INVALID", "there is no such number in the answer")
)
