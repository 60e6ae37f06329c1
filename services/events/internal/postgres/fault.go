package postgres

import (
	"context"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// The SQLSTATEs that mean something here.
const (
	undefinedTable      = "42P01" // the schema is not there yet
	undefinedDatabase   = "3D000"
	readOnlyTransaction = "25006" // a standby
	queryCanceled       = "57014" // by the server's limit of time, or by somebody
	outOfMemory         = "53200"
	diskFull            = "53100"
	configurationLimit  = "53400" // such as that of temporary files
)

// translate turns an error of the driver into one of this service, by code. The driver's text stays inside, as the cause.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch pg.Code(err) {
	case undefinedTable, undefinedDatabase, readOnlyTransaction, diskFull:
		return events.ErrStoreUnavailable.Wrap(err)
	case outOfMemory, configurationLimit:
		return events.ErrQuestionTooLarge.Wrap(err)
	}
	translated := pg.Fault(err)
	if fault.KindOf(translated) == fault.Unavailable {
		return events.ErrStoreUnavailable.Wrap(err)
	}
	return translated
}
