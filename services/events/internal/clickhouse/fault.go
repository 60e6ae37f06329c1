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
	codeSyntax          = 62
	codeTimeout         = 159
	codeTooSlow         = 160
	codeTooDeep         = 167 // the tree of a statement
	codeTooBig          = 168 // the same
	codeTooMany         = 202
	codeMemory          = 241
	codeUnfinished      = 341
	codeCancelled       = 394
	codeThrown          = 395 // by throwIf
	codeTooManyRows     = 396 // in the answer
	codePattern         = 427 // one that cannot be compiled: Go has compiled it, so it needs more memory than the server gives it
)

// passing are the server's codes that mean "not now", with its names for them: repeating the call later is right. None of them is the fault of what is asked or
// stored. Among them is what an operator has to set right, such as a password that is being changed or a grant that was taken away: that takes as long as it takes.
var passing = map[int32]string{
	codeUnknownTable:    "UNKNOWN_TABLE", // not migrated yet
	codeUnknownDatabase: "UNKNOWN_DATABASE",
	codeTimeout:         "TIMEOUT_EXCEEDED",
	codeTooMany:         "TOO_MANY_SIMULTANEOUS_QUERIES",
	codeMemory:          "MEMORY_LIMIT_EXCEEDED",
	codeCancelled:       "QUERY_WAS_CANCELLED",

	// It does not let us in, or not to a table.
	164: "READONLY",
	192: "UNKNOWN_USER",
	193: "WRONG_PASSWORD",
	194: "REQUIRED_PASSWORD",
	195: "IP_ADDRESS_NOT_ALLOWED",
	201: "QUOTA_EXCEEDED",
	291: "DATABASE_ACCESS_DENIED",
	497: "ACCESS_DENIED",
	511: "UNKNOWN_ROLE",
	516: "AUTHENTICATION_FAILED",

	// It is busy, full, or about to end.
	203: "NO_FREE_CONNECTION",
	216: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", // an attempt that is not over yet
	236: "ABORTED",                               // it stops
	242: "TABLE_IS_READ_ONLY",
	243: "NOT_ENOUGH_SPACE",
	252: "TOO_MANY_PARTS",
	439: "CANNOT_SCHEDULE_TASK",
	473: "DEADLOCK_AVOIDED",

	// It does not reach what it needs.
	74:  "CANNOT_READ_FROM_FILE_DESCRIPTOR",
	75:  "CANNOT_WRITE_TO_FILE_DESCRIPTOR",
	209: "SOCKET_TIMEOUT",
	210: "NETWORK_ERROR",
	225: "NO_ZOOKEEPER",
	254: "NO_ACTIVE_REPLICAS",
	279: "ALL_CONNECTION_TRIES_FAILED",
	285: "TOO_FEW_LIVE_REPLICAS",
	286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
	319: "UNKNOWN_STATUS_OF_INSERT",
	499: "S3_ERROR",
	999: "KEEPER_EXCEPTION",
}

// passes tells whether an error of the server is one of those.
func passes(number int32) bool {
	_, is := passing[number]
	return is
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
	case code(err) != 0 && !passes(code(err)):
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
	case codeSyntax:
		if strings.Contains(err.Error(), "max_query_size") { // a statement of ours that is cut off
			return events.ErrQuestionTooLarge.Wrap(err)
		}
	case codeTooManyRows, codeTooDeep, codeTooBig, codePattern:
		return events.ErrQuestionTooLarge.Wrap(err)
	case codeMemory:
		if !strings.Contains(err.Error(), "(total)") { // the code is the same for the limit of the query and that of the server
			return events.ErrQuestionTooLarge.Wrap(err)
		}
	}
	return translate(ctx, err)
}
