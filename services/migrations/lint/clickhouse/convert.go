package clickhouse

import "slices"

// sameStorage reports whether a change of type touches metadata only: the same type, a time zone, an Enum that grows, and numbers that
// are stored as the old type is. Arrays and Nullables follow what they hold.
func sameStorage(from, to dataType) bool {
	if from.String() == to.String() {
		return true
	}
	if from.name == to.name && (from.name == "Array" || from.name == "Nullable") {
		return sameStorage(from.inner(), to.inner())
	}
	if from.name == "DateTime" && to.name == "DateTime" {
		return true
	}
	if from.name == "DateTime64" && to.name == "DateTime64" {
		return from.number(0) == to.number(0)
	}
	if from.isEnum() && to.isEnum() {
		return enumWidth(from) == enumWidth(to) && grows(from.enum(), to.enum())
	}
	return slices.Contains([][2]string{
		{"DateTime", "UInt32"}, {"UInt32", "DateTime"}, {"Date", "UInt16"}, {"UInt16", "Date"}, {"Enum8", "Int8"}, {"Enum16", "Int16"},
	}, [2]string{from.name, to.name})
}

func enumWidth(t dataType) string {
	if t.name == "Enum" {
		return "Enum8"
	}
	return t.name
}

// grows reports whether all values stay as they are.
func grows(from, to map[string]string) bool {
	for name, value := range from {
		if to[name] != value {
			return false
		}
	}
	return true
}

// fallible reports whether some value of one type is refused by the other. Numbers wrap around and do not fail, except for Decimal.
func fallible(from, to dataType) bool {
	from, to = from.plain(), to.plain()
	if !from.known() || !to.known() || sameStorage(from, to) {
		return false
	}
	switch {
	case from.name == "Array" && to.name == "Array":
		return fallible(from.inner(), to.inner())
	case from.name == "String" || from.name == "FixedString":
		if to.name == "FixedString" {
			return from.name == "String" || from.number(0) > to.number(0)
		}
		return to.name != "String"
	case to.name == "String":
		return false
	case to.isEnum():
		return !from.isEnum() || !grows(names(from.enum()), names(to.enum()))
	case to.isDecimal():
		return from.isDecimal() && decimalRoom(to) < decimalRoom(from) || from.isFloat() || from.bits() > 32
	case to.name == "UUID", to.name == "JSON", to.name == "IPv4", to.name == "IPv6", to.name == "Array", to.name == "Map", to.name == "Tuple":
		return true
	case from.name == "JSON", from.name == "Dynamic", from.name == "Variant", from.name == "Map", from.name == "Tuple", from.name == "Array", from.name == "UUID":
		return true
	default:
		return false
	}
}

// names keeps the names of an Enum and forgets the numbers: a conversion goes by name.
func names(enum map[string]string) map[string]string {
	list := map[string]string{}
	for name := range enum {
		list[name] = "-"
	}
	return list
}

// decimalRoom is how many digits stand before the point.
func decimalRoom(t dataType) int {
	widths := map[string]int{"Decimal32": 9, "Decimal64": 18, "Decimal128": 38, "Decimal256": 76}
	if w, ok := widths[t.name]; ok {
		return w - t.number(0)
	}
	if len(t.args) == 0 {
		return 10
	}
	return t.number(0) - t.number(1)
}
