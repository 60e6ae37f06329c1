package events

import (
	"math"
	"strconv"
)

func (s *scanner) number() error {
	start, integer := s.at, true
	if s.peek() == '-' {
		s.at++
	}
	whole := s.digits()
	if whole == 0 || whole > 1 && s.in[s.at-whole] == '0' {
		return s.refuse("the number is not written as JSON demands")
	}
	if s.peek() == '.' {
		s.at++
		if integer = false; s.digits() == 0 {
			return s.refuse("the number is not written as JSON demands")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if integer = false; s.digits() == 0 {
			return s.refuse("the number is not written as JSON demands")
		}
	}
	literal := s.in[start:s.at]
	if integer {
		if literal == "-0" {
			literal = "0"
		}
		s.out = append(s.out, literal...)
		return nil
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		return s.refuse("the number " + quote(literal) + " is too large")
	}
	s.out = appendNumber(s.out, f)
	return nil
}

func (s *scanner) digits() int {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at - start
}

// appendNumber writes a float64 as ECMAScript's Number::toString does.
func appendNumber(out []byte, f float64) []byte {
	if f == 0 {
		return append(out, '0')
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
	}
	out = strconv.AppendFloat(out, f, 'e', -1, 64)
	if n := len(out); n >= 4 && out[n-2] == '0' && (out[n-3] == '-' || out[n-3] == '+') { // Go pads the exponent to two digits
		out = append(out[:n-2], out[n-1])
	}
	return out
}
