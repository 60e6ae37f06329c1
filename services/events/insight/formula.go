package insight

import (
	"math"
	"strconv"
	"strings"
)

// MaxFormulaLength is how many bytes a formula may have.
const MaxFormulaLength = 1000

// Formula is arithmetic over series.
type Formula struct {
	root node
}

// node is a part of a formula. Its value is not finite where something was divided by zero.
type node func(series []float64) float64

// Value returns the formula's value, 0 where it divides by zero or comes to no finite number. Series A is the first.
func (f Formula) Value(series []float64) float64 {
	v := f.root(series)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// ParseFormula reads decimal numbers, letters of series in either case, + - * / ^ and parentheses. ^ binds tightest and to the right, then the sign,
// then * and /, then + and -. The error is a fault of kind Invalid for the field "formula".
func ParseFormula(text string, series int) (Formula, error) {
	p := formulaParser{in: text, series: series}
	if len(text) > MaxFormulaLength {
		return Formula{}, ErrFormulaInvalid.With("the formula has more than %d characters", MaxFormulaLength).Field("formula")
	}
	root, err := p.sum()
	if err != nil {
		return Formula{}, err
	}
	if p.blanks(); p.at < len(p.in) {
		return Formula{}, p.refuse("nothing more is wanted")
	}
	return Formula{root: root}, nil
}

type formulaParser struct {
	in     string
	at     int
	series int
}

func (p *formulaParser) refuse(why string) error {
	return ErrFormulaInvalid.With("formula %.80q at character %d: %s", p.in, p.at+1, why).Field("formula")
}

func (p *formulaParser) blanks() {
	for p.at < len(p.in) && p.in[p.at] == ' ' {
		p.at++
	}
}

// take reads one of the given characters, 0 when another stands there.
func (p *formulaParser) take(set string) byte {
	p.blanks()
	if p.at < len(p.in) && strings.IndexByte(set, p.in[p.at]) >= 0 {
		p.at++
		return p.in[p.at-1]
	}
	return 0
}

func (p *formulaParser) sum() (node, error)     { return p.chain("+-", p.product) }
func (p *formulaParser) product() (node, error) { return p.chain("*/", p.sign) }

// chain reads operands with operators of one rank between them, from the left.
func (p *formulaParser) chain(operators string, operand func() (node, error)) (node, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for {
		operator := p.take(operators)
		if operator == 0 {
			return left, nil
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = operate(operator, left, right)
	}
}

func (p *formulaParser) sign() (node, error) {
	negative := false
	for c := p.take("+-"); c != 0; c = p.take("+-") {
		negative = negative != (c == '-')
	}
	operand, err := p.power()
	if err != nil || !negative {
		return operand, err
	}
	return func(s []float64) float64 { return -operand(s) }, nil
}

func (p *formulaParser) power() (node, error) {
	base, err := p.atom()
	if err != nil || p.take("^") == 0 {
		return base, err
	}
	exponent, err := p.sign()
	if err != nil {
		return nil, err
	}
	return operate('^', base, exponent), nil
}

func (p *formulaParser) atom() (node, error) {
	if p.take("(") != 0 {
		inner, err := p.sum()
		if err != nil {
			return nil, err
		}
		if p.take(")") == 0 {
			return nil, p.refuse("a closing parenthesis is wanted")
		}
		return inner, nil
	}
	p.blanks()
	if p.at == len(p.in) {
		return nil, p.refuse("a number, a series or a parenthesis is wanted")
	}
	if letter := p.in[p.at] &^ 0x20; letter >= 'A' && letter <= 'Z' {
		index := int(letter - 'A')
		if index >= p.series {
			return nil, p.refuse("there is no such series")
		}
		p.at++
		return func(s []float64) float64 { return s[index] }, nil
	}
	start := p.at
	for p.at < len(p.in) && strings.IndexByte("0123456789.", p.in[p.at]) >= 0 {
		p.at++
	}
	number, err := strconv.ParseFloat(p.in[start:p.at], 64)
	if err != nil {
		p.at = start
		return nil, p.refuse("a number, a series or a parenthesis is wanted")
	}
	return func([]float64) float64 { return number }, nil
}

// operate joins two parts. A division by zero anywhere spoils the whole, also where a later operation would hide it, such as 1/(A/0).
func operate(operator byte, left, right node) node {
	return func(s []float64) float64 {
		a, b := left(s), right(s)
		switch operator {
		case '+':
			return spoil(a+b, a, b)
		case '-':
			return spoil(a-b, a, b)
		case '*':
			return spoil(a*b, a, b)
		case '/':
			if b == 0 {
				return math.NaN()
			}
			return spoil(a/b, a, b)
		}
		if a == 0 && b < 0 { // a division by zero, written as a power
			return math.NaN()
		}
		return spoil(math.Pow(a, b), a, b)
	}
}

// spoil returns a result, or no number when one of its operands was none: 0^NaN and NaN^0 would be numbers.
func spoil(result, a, b float64) float64 {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.NaN()
	}
	return result
}
