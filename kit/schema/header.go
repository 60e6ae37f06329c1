package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Header is what a file says of itself in the comment before its first statement, one word a line:
//
//	-- devtrail: no-transaction
//	-- devtrail: background
//	-- devtrail: contract
//	-- devtrail: no-reader developers.nickname
//	-- devtrail: soak 24h
//	-- devtrail: after 0042
//	-- devtrail: after-backfill 0042_nickname
type Header struct {
	// NoTransaction says that the statements cannot run in a transaction.
	NoTransaction bool
	// Background says that the statements work in the size of the data and that nobody waits for them.
	Background bool
	// Contract is set on files that take something away from the builds before: they wait behind a gate.
	Contract *Contract
	// After has the versions of files that must be applied before this one. Only files that are not required have it,
	// since the others come in order.
	After []int64
	// AfterBackfills has the names of backfills that must be done.
	AfterBackfills []string
}

// Contract is what must have ended before a contract file may be applied.
type Contract struct {
	// NoReader has the objects that no instance may use any more: table.column, or table.* for a table.
	NoReader []string
	// Soak is how long nobody must have used them.
	Soak time.Duration
}

// DefaultSoak is for contract files that name none: long enough for a daily job and for a rollback on the next morning.
const DefaultSoak = 24 * time.Hour

// Required reports whether a service needs the file: it does not wait for contract and background files.
func (h Header) Required() bool { return h.Contract == nil && !h.Background }

var (
	// Any word is one: what is mistyped, or written in capitals, is refused by name and not passed over like a remark.
	directive = regexp.MustCompile(`^--\s*devtrail:\s*(\S*)\s*(.*?)\s*$`)
	object    = regexp.MustCompile(`^[a-z_][a-z0-9_]*\.(?:\*|[a-z_][a-z0-9_]*)$`)
	backfill  = regexp.MustCompile(`^[0-9]{4,18}_[a-z0-9]+(?:_[a-z0-9]+)*$`)
)

// ParseHeader reads the header of a file's text. With an error it returns what it could read.
func ParseHeader(sql string) (Header, error) { return readHeader(withoutMark(sql)) }

// readHeader reads the comment and blank lines that stand before the first statement.
func readHeader(text string) (Header, error) {
	var h Header
	var contract Contract
	soak := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--") {
			break
		}
		m := directive.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		var err error
		switch word, value := m[1], m[2]; word {
		case "no-transaction":
			h.NoTransaction = true
		case "background":
			h.Background = true
		case "contract":
			h.Contract = &contract
		case "no-reader":
			if !object.MatchString(value) {
				err = errors.New("no-reader wants table.column or table.*")
			}
			contract.NoReader = append(contract.NoReader, value)
		case "soak":
			soak = value
			contract.Soak, err = time.ParseDuration(value)
			if err == nil && contract.Soak < 0 {
				err = errors.New("soak is below zero")
			}
		case "after":
			var version int64
			version, err = strconv.ParseInt(value, 10, 64)
			h.After = append(h.After, version)
		case "after-backfill":
			if !backfill.MatchString(value) {
				err = errors.New("after-backfill wants the name of a backfill, such as 0042_nickname")
			}
			h.AfterBackfills = append(h.AfterBackfills, value)
		case "ignore":
			// For lint.
		default:
			err = fmt.Errorf("%q is not known", word)
		}
		if err != nil {
			return h, fmt.Errorf("header %q: %w", line, err)
		}
	}
	return h, h.check(&contract, soak)
}

func (h Header) check(contract *Contract, soak string) error {
	switch {
	case h.Contract == nil && (len(contract.NoReader) > 0 || soak != ""):
		return errors.New(`the header has no-reader or soak without "-- devtrail: contract"`)
	case h.Contract != nil && len(contract.NoReader) == 0:
		return errors.New(`the header has contract without "-- devtrail: no-reader table.column"`)
	case h.Required() && len(h.After)+len(h.AfterBackfills) > 0:
		return errors.New("only contract and background files may wait for others; the rest come in order")
	}
	if soak == "" {
		contract.Soak = DefaultSoak
	}
	return nil
}
