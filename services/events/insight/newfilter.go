package insight

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"devtrail.dev/services/events"
)

// Limits of a filter: characters of a key, a value and a pattern, and values of one list.
const (
	MaxKeyLength     = 1000
	MaxValueLength   = 10_000
	MaxPatternLength = 1000
	MaxValues        = 1000
)

// NewPropertyFilter returns a filter on properties of an event or a developer. Values are texts: an object or array among those of Exact and IsNot is
// brought into its text form, numbers and dates are read; dates may be relative to now, in the zone. IsSet and IsNotSet take no values.
// The error is a fault of kind Invalid that names a field below the given one: scope, key, operator or values.
func NewPropertyFilter(field string, scope Scope, key string, operator Operator, values []string, now time.Time, zone *time.Location) (PropertyFilter, error) {
	f := PropertyFilter{Scope: scope, Key: key, Operator: operator}
	if scope != EventScope && scope != DeveloperScope {
		return f, ErrFilterInvalid.With("a filter on properties is of scope event or developer").Field(field + ".scope")
	}
	if err := checkText(field+".key", key, MaxKeyLength); err != nil {
		return f, err
	}
	if operator < Exact || operator > DateAfter {
		return f, ErrFilterInvalid.With("operator %d does not compare a property", operator).Field(field + ".operator")
	}
	if operator == IsSet || operator == IsNotSet {
		return f, nil
	}
	if err := checkValues(field+".values", operator, values); err != nil {
		return f, err
	}
	return f, f.read(field+".values", values, now, zone)
}

// NewCohortFilter returns a filter that keeps the events of members, or of everybody else. The error names a field below the given one.
func NewCohortFilter(field string, operator Operator, cohort *Cohort) (PropertyFilter, error) {
	if operator != In && operator != NotIn {
		return PropertyFilter{}, ErrFilterInvalid.With("operator %d does not compare a cohort", operator).Field(field + ".operator")
	}
	if cohort == nil {
		return PropertyFilter{}, ErrFilterInvalid.With("the filter has no cohort").Field(field + ".cohort")
	}
	return PropertyFilter{Scope: CohortScope, Operator: operator, Cohort: cohort}, nil
}

// checkValues refuses a list that the operator has no use for.
func checkValues(field string, operator Operator, values []string) error {
	if len(values) == 0 {
		return ErrFilterInvalid.With("the filter has no value").Field(field)
	}
	if len(values) > MaxValues {
		return ErrFilterInvalid.With("the filter has %d values, at most %d are taken", len(values), MaxValues).Field(field)
	}
	wanted := 1
	switch operator {
	case Exact, IsNot:
		wanted = len(values)
	case Between, NotBetween:
		wanted = 2
	}
	if len(values) != wanted {
		return ErrFilterInvalid.With("the filter has %d values, its operator takes %d", len(values), wanted).Field(field)
	}
	for i, v := range values {
		if v == "" && (operator == Exact || operator == IsNot) { // the empty string is a value
			continue
		}
		if err := checkText(fmt.Sprintf("%s[%d]", field, i), v, MaxValueLength); err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses text that is absent or that no engine could compare.
func checkText(field, value string, limit int) error {
	switch {
	case value == "":
		return events.ErrFieldMissing.With("%s is empty", field).Field(field)
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return events.ErrTextInvalid.With("%s is not valid UTF-8 or holds a NUL: %.80q", field, value).Field(field)
	case utf8.RuneCountInString(value) > limit:
		return events.ErrTextTooLong.With("%s has more than %d characters", field, limit).Field(field)
	}
	return nil
}

// read takes the values over in the form that the operator compares.
func (f *PropertyFilter) read(field string, values []string, now time.Time, zone *time.Location) error {
	switch f.Operator.positive() {
	case Exact:
		for _, v := range values {
			f.Values = append(f.Values, exactForm(v))
		}
	case Contains:
		f.Values = values
	case Regex:
		pattern, err := NewPattern(field+"[0]", values[0])
		if err != nil {
			return err
		}
		f.Values, f.Pattern = values, pattern
	case DateBefore, DateAfter:
		at, err := ParseDate(field+"[0]", values[0], now, zone)
		if err != nil {
			return err
		}
		if at.Before(beforeAll) {
			at = beforeAll
		}
		if f.At = events.Microseconds(at); f.Operator == DateBefore && f.At.Before(at) { // times are whole microseconds, so nothing lies between
			f.At = f.At.Add(time.Microsecond)
		}
	default:
		return f.readNumbers(field, values)
	}
	return nil
}

// beforeAll is earlier than every time that a property can have, whose year has four digits. A relative text may reach further than microseconds count.
var beforeAll = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)

func (f *PropertyFilter) readNumbers(field string, values []string) error {
	numbers := make([]float64, len(values))
	for i, v := range values {
		n, ok := ParseNumber(v)
		if !ok {
			return ErrFilterInvalid.With("%.80q is not a number", v).Field(fmt.Sprintf("%s[%d]", field, i))
		}
		numbers[i] = n
	}
	f.Low, f.High = numbers[0], numbers[len(numbers)-1]
	if f.Low > f.High {
		return ErrFilterInvalid.With("the least value %s is greater than the greatest %s", values[0], values[1]).Field(field)
	}
	return nil
}

// exactForm brings JSON text of an object or array into its text form; any other text is itself.
func exactForm(value string) string {
	if trimmed := strings.TrimLeft(value, " \t\r\n"); trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return value
	}
	if text, ok := CanonicalValue(value); ok {
		return text
	}
	return value
}

// NewPattern compiles a pattern of RE2. The error is a fault of kind Invalid for the field.
func NewPattern(field, text string) (*regexp.Regexp, error) {
	if err := checkText(field, text, MaxPatternLength); err != nil {
		return nil, err
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, ErrPatternInvalid.With("%.80q is not valid RE2: %s", text, err.Error()).Field(field)
	}
	return pattern, nil
}
