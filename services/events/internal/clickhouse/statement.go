package clickhouse

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

// statement collects the values of one statement while its shape is made. Each value becomes a parameter, equal ones the same;
// what a shape holds of it is the parameter's name in braces.
type statement struct {
	params       params
	organization uuid.UUID
	given        map[value]string
	numbers      int // of properties
	view
	keys     []string // of the events' properties that are looked at
	doubtful bool     // see property.Doubtful
	keyed    bool     // the order of the key suits the question: certain names are asked about, or the answer is in the order of times
	personal bool     // certain developers are
	looking  bool     // for overrides
}

// value is a parameter's type, which is one of this file, and its text in the server's notation.
type value struct{ kind, text string }

func newStatement(organization uuid.UUID, seen view) *statement {
	return &statement{params: about(organization), organization: organization, given: make(map[value]string), view: seen}
}

// look is how pending overrides are looked up in the statement, with what that needs among its values.
func (st *statement) look() *lookup {
	if !st.looking {
		st.looking = true
		st.overrides.into(st.params)
	}
	return st.overrides
}

// lookAt is look for events of some developers alone, with the parameter of their stamps.
func (st *statement) lookAt(developers []uuid.UUID) (own *lookup, stamps string) {
	own, found := st.overrides.about(developers)
	own.into(st.params)
	if len(found) > 0 {
		stamps = st.ids(found)
	}
	return own, stamps
}

// promote has a property of events taken from its column, if it is promoted.
func (st *statement) promote(p *property) {
	if !slices.Contains(st.keys, p.key) {
		st.keys = append(st.keys, p.key)
	}
	for _, by := range st.promoted {
		if by.Key == p.key && by.Active() {
			p.promoted(by)
			st.doubtful = st.doubtful || by.State != catalog.Ready
			return
		}
	}
}

func (st *statement) bind(kind, text string) string {
	v := value{kind, text}
	if st.given[v] == "" {
		name := "p" + strconv.Itoa(len(st.given))
		st.params[name] = text
		st.given[v] = "{" + name + ":" + kind + "}"
	}
	return st.given[v]
}

func (st *statement) text(s string) string { return st.bind("String", escape.Replace(s)) }
func (st *statement) texts(values []string) string {
	return st.bind("Array(String)", list(values, quoted))
}

func (st *statement) integer(n int64) string    { return st.bind("Int64", strconv.FormatInt(n, 10)) }
func (st *statement) micros(t time.Time) string { return st.integer(t.UnixMicro()) }
func (st *statement) float(f float64) string {
	return st.bind("Float64", strconv.FormatFloat(f, 'g', -1, 64))
}

func (st *statement) integers(numbers []int64) string {
	return st.bind("Array(Int64)", list(numbers, func(n int64) string { return strconv.FormatInt(n, 10) }))
}

func (st *statement) ids(ids []uuid.UUID) string {
	return st.bind("Array(UUID)", list(ids, func(id uuid.UUID) string { return "'" + id.String() + "'" }))
}

// buckets are the parts of time that an answer is split into.
type buckets struct {
	Count           int
	Uniform         bool // all have one width
	First, Width    string
	Last            string // the number of the last
	Starts, Numbers string
}

func (st *statement) buckets(starts []time.Time) buckets {
	micros := make([]int64, len(starts))
	numbers := make([]int64, len(starts))
	for i, start := range starts {
		micros[i], numbers[i] = start.UnixMicro(), int64(i)
	}
	b := buckets{Count: len(starts), Uniform: true}
	width := int64(1) << 62 // of a single bucket, which holds everything after its start
	if len(micros) > 1 {
		width = micros[1] - micros[0]
		b.Uniform = !slices.ContainsFunc(numbers[1:], func(i int64) bool { return micros[i]-micros[i-1] != width })
	}
	if b.Uniform && len(micros) > 0 {
		b.First, b.Width, b.Last = st.integer(micros[0]), st.integer(width), st.integer(int64(len(starts)-1))
	}
	if !b.Uniform {
		b.Starts, b.Numbers = st.integers(micros), st.integers(numbers)
	}
	return b
}
