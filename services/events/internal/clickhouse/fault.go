package clickhouse

import (
	"context"
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/events"
)

// Codes of the server that this package looks at.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
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
