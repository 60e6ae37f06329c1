package clickhouse

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/events"
)

// Codes of the server that this package looks at.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeTimeout         = 159
	codeTooSlow         = 160
	codeTooMany         = 202
	codeMemory          = 241
	codeUnfinished      = 341
	codeCancelled       = 394
	codeThrown          = 395 // by throwIf
	codeTooManyRows     = 396 // in the answer
)

// passing are the server's codes that mean "not now": repeating the call later is right.
var passing = map[int32]bool{
	codeUnknownTable:    true, // not migrated yet
	codeUnknownDatabase: true,
	159:                 true, // timeout exceeded
	202:                 true, // too many simultaneous queries
	203:                 true, // no free connection
	209:                 true, // socket timeout
	210:                 true, // network error
	236:                 true, // aborted: the server stops
	241:                 true, // memory limit
	242:                 true, // table is read only
	243:                 true, // not enough space
	252:                 true, // too many parts
	394:                 true, // query was cancelled
}

// code returns the server's error code, 0 when the error is not the server's.
func code(err error) int32 {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return exception.Code
	}
	if exception, ok := ch.AsException(err); ok {
		return int32(exception.Code)
	}
	return 0
}

// translate turns an error of the driver into one of this service, by code. The driver's text stays inside, as the cause.
func translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case code(err) != 0 && !passing[code(err)]:
		return err
	default:
		return events.ErrStoreUnavailable.Wrap(err)
	}
}

// judge turns an error of a question into one of this service, by code: what the question is to blame for, what the database is, and what nobody has named.
func judge(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch code(err) {
	case codeTimeout, codeTooSlow:
		return events.ErrQuestionTooSlow.Wrap(err)
	case codeCancelled:
		return events.ErrQuestionCanceled.Wrap(err)
	case codeTooMany:
		return events.ErrStoreUnavailable.With("the event store answers too many questions").RetryAfter(time.Second).Wrap(err)
	case codeTooManyRows:
		return events.ErrQuestionTooLarge.Wrap(err)
	case codeMemory:
		if !strings.Contains(err.Error(), "(total)") { // the code is the same for the limit of the query and that of the server
			return events.ErrQuestionTooLarge.Wrap(err)
		}
	}
	return translate(ctx, err)
}
