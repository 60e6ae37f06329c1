package clickhouse

import (
	"slices"
	"strconv"
	"strings"
)

// maxPartitions is how many partitions a table may have; ClickHouse's own advice is 100 to 1000.
const maxPartitions = 1000

// grain is how finely one element of a partition key cuts.
type grain int

const (
	coarse grain = iota // few values, or a month and longer
	day
	fine // hours and shorter, ids, other values without bound
)

// partitionTooGranular finds partition keys with more than about 1000 values: raw times, hours, ids, days together with something else, days that no TTL removes.
func partitionTooGranular(c *check) {
	if _, ok := c.mergeTree(); !ok {
		return
	}
	elements := c.create.partition.elements()
	days, others := expr(nil), 0
	for _, e := range elements {
		switch c.grain(e) {
		case fine:
			c.report(e[0].pos, "the partition key of "+c.object.String()+" has "+e.String()+" in it, which takes too many values", "")
			return
		case day:
			days = e
		default:
			if _, isColumn := e.column(); isColumn {
				others++
			}
		}
	}
	switch {
	case days == nil:
	case others > 0:
		c.report(days[0].pos, c.object.String()+" is partitioned by day and by another column", "")
	case c.create.ttl == nil:
		c.report(days[0].pos, c.object.String()+" is partitioned by day and no TTL removes old days", "")
	case ttlDays(c.create.ttl) > maxPartitions:
		c.report(days[0].pos, c.object.String()+" is partitioned by day and keeps more than 1000 days", "")
	}
}

// Functions of times by how finely they cut.
var (
	fineFunctions = []string{
		"tostartofhour", "tostartofminute", "tostartofsecond", "tostartofmillisecond", "tostartofmicrosecond", "tostartofnanosecond", "tostartoffiveminutes",
		"tostartoffiveminute", "tostartoftenminutes", "tostartoffifteenminutes", "todatetime", "todatetime64", "tounixtimestamp", "toyyyymmddhhmmss", "tounixtimestamp64milli",
		"torelativehournum", "torelativeminutenum", "torelativesecondnum", "timeslot", "touuid",
	}
	dayFunctions = []string{"todate", "todate32", "toyyyymmdd", "tostartofday", "torelativedaynum", "date"}
)

func (c *check) grain(e expr) grain {
	if name, args, ok := e.call(); ok {
		switch {
		case slices.Contains(fineFunctions, name):
			return fine
		case slices.Contains(dayFunctions, name):
			return day
		case name == "tostring" || name == "assumenotnull" || name == "lower" || name == "identity":
			return c.grain(args[0])
		case name == "modulo" && len(args) == 2:
			return moduloGrain(args[1])
		case strings.Contains(name, "hash"):
			return fine
		case (name == "formatdatetime" || name == "date_format") && len(args) > 1 && len(args[1]) == 1:
			return formatGrain(args[1][0].value())
		}
		return unitGrain(name, args)
	}
	name, isColumn := e.column()
	if !isColumn {
		for i, t := range e.bare() {
			if t.is("%") {
				return moduloGrain(e.bare()[i+1:])
			}
		}
		return coarse
	}
	return c.columnGrain(e, name)
}

// formatGrain judges the format of a time.
func formatGrain(format string) grain {
	switch {
	case hasField(format, "HIhiklsSTRrf"):
		return fine
	case hasField(format, "deFDj"):
		return day
	default:
		return coarse
	}
}

// hasField reports whether a format has one of the fields.
func hasField(format, fields string) bool {
	for i := 0; i+1 < len(format); i++ {
		if format[i] == '%' && strings.IndexByte(fields, format[i+1]) >= 0 {
			return true
		}
	}
	return false
}

// moduloGrain judges a remainder by its divisor.
func moduloGrain(divisor expr) grain {
	if len(divisor) == 1 {
		if n, err := strconv.Atoi(divisor[0].text); err == nil && n > maxPartitions {
			return fine
		}
	}
	return coarse
}

// unitGrain judges functions that take their unit as an argument.
func unitGrain(name string, args []expr) grain {
	switch name {
	case "date_trunc", "datetrunc":
		if len(args) > 0 && len(args[0]) == 1 {
			return unit(args[0][0].value())
		}
	case "tostartofinterval":
		if len(args) > 1 && len(args[1]) > 0 {
			fn, of, ok := args[1].call()
			if ok {
				u := unit(strings.TrimPrefix(fn, "tointerval"))
				if len(of) == 1 && len(of[0]) == 1 && of[0][0].text != "1" && u == day {
					return coarse
				}
				return u
			}
			u := unit(args[1][len(args[1])-1].value())
			if u == day && len(args[1]) > 1 && args[1][1].value() != "1" {
				return coarse
			}
			return u
		}
	}
	return coarse
}

func unit(name string) grain {
	switch strings.TrimSuffix(strings.ToLower(name), "s") {
	case "nanosecond", "microsecond", "millisecond", "second", "minute", "hour":
		return fine
	case "day":
		return day
	default:
		return coarse
	}
}

// columnGrain judges a bare column by its type, then by its name.
func (c *check) columnGrain(e expr, name string) grain {
	t := c.typeOf(e).plain()
	whole := c.typeOf(e)
	switch {
	case t.isDateTime(), t.name == "UUID", t.isFloat():
		return fine
	case t.isDate():
		return day
	case whole.name == "LowCardinality", t.isEnum(), t.name == "Bool", t.bits() == 8:
		return coarse
	case isID(name), slices.Contains(identifying, lastWord(name)):
		return fine
	case t.name == "Int64" || t.name == "UInt64" || t.name == "UInt32" || t.name == "Int32":
		if isTimeName(name) {
			return fine
		}
	case !t.known() && isTimeName(name):
		if lastWord(name) == "date" || lastWord(name) == "day" {
			return day
		}
		return fine
	}
	return coarse
}

// ttlDays returns how long a TTL keeps rows, 0 when it cannot be told.
func ttlDays(ttl expr) int {
	days := 0
	for i, t := range ttl {
		per := 0
		n := ""
		switch {
		case t.is("INTERVAL") && i+1 < len(ttl):
			n = ttl[i+1].value()
			unit := ""
			if i+2 < len(ttl) {
				unit = strings.ToLower(ttl[i+2].value())
			}
			if first, second, ok := strings.Cut(n, " "); ok {
				n, unit = first, strings.ToLower(second)
			}
			per = unitDays(unit)
		case i+2 < len(ttl) && strings.HasPrefix(strings.ToLower(t.value()), "tointerval"):
			n = ttl[i+2].value()
			per = unitDays(strings.TrimPrefix(strings.ToLower(t.value()), "tointerval"))
		}
		if count, err := strconv.Atoi(n); err == nil {
			days = max(days, count*per)
		}
	}
	return days
}

func unitDays(unit string) int {
	switch strings.TrimSuffix(unit, "s") {
	case "day":
		return 1
	case "week":
		return 7
	case "month":
		return 30
	case "quarter":
		return 91
	case "year":
		return 365
	default:
		return 0
	}
}
