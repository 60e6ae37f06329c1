package insight

import (
	"regexp"
	"slices"
	"strings"
)

// Match tells whether a filter on an event's or a developer's properties keeps what has these properties. It is the law of the operators:
// engines give the same answer in their own language. Filters on cohorts are not for it.
func (f *PropertyFilter) Match(p Properties) bool {
	switch f.Operator {
	case IsSet:
		return p.Set(f.Key)
	case IsNotSet:
		return !p.Set(f.Key)
	case Exact, Contains, Regex, DateBefore, DateAfter:
		text, ok := p.Text(f.Key)
		return ok && f.matchText(f.Operator, text)
	case IsNot, NotContains, NotRegex:
		text, ok := p.Text(f.Key)
		return !ok || !f.matchText(f.Operator.positive(), text)
	case Greater, GreaterOrEqual, Less, LessOrEqual, Between:
		number, ok := p.Number(f.Key)
		return ok && f.matchNumber(f.Operator, number)
	case NotBetween:
		number, ok := p.Number(f.Key)
		return !ok || !f.matchNumber(Between, number)
	}
	return false
}

// Negative tells whether the operator is the opposite of another, and so matches what has no value.
func (o Operator) Negative() bool { return o.positive() != o }

func (o Operator) positive() Operator {
	switch o {
	case IsNot:
		return Exact
	case NotContains:
		return Contains
	case NotRegex:
		return Regex
	case NotBetween:
		return Between
	case IsNotSet:
		return IsSet
	case NotIn:
		return In
	}
	return o
}

func (f *PropertyFilter) matchText(operator Operator, text string) bool {
	switch operator {
	case Exact:
		return slices.Contains(f.Values, text)
	case Contains:
		return strings.Contains(lowerASCII(text), lowerASCII(f.Values[0]))
	case Regex:
		return f.pattern().MatchString(text)
	}
	at, ok := ParseTime(text)
	if operator == DateBefore {
		return ok && at.Before(f.At)
	}
	return ok && at.After(f.At)
}

func (f *PropertyFilter) matchNumber(operator Operator, number float64) bool {
	switch operator {
	case Greater:
		return number > f.Low
	case GreaterOrEqual:
		return number >= f.Low
	case Less:
		return number < f.Low
	case LessOrEqual:
		return number <= f.Low
	}
	return f.Low <= number && number <= f.High
}

// pattern returns the compiled pattern; one that was not made by NewPropertyFilter is compiled each time.
func (f *PropertyFilter) pattern() *regexp.Regexp {
	if f.Pattern != nil {
		return f.Pattern
	}
	return regexp.MustCompile(f.Values[0])
}

// lowerASCII folds the letters A to Z and no others: every engine can keep that.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
