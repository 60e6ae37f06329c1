package postgres

import (
	"context"
	"strings"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// The SQLSTATEs that mean something here.
const (
	queryCanceled      = "57014" // by the server's limit of time, or by somebody
	outOfMemory        = "53200"
	configurationLimit = "53400" // such as that of temporary files
	insufficientRight  = "42501" // a grant that is missing
)

// Classes of them that say that the database does not let us in, or that what it stands on fails.
const (
	invalidAuthorization = "28" // such as a password that is being changed
	systemError          = "58" // such as an error of its disk
)

// translate turns an error of the driver into one of this service, by code. The driver's text stays inside, as the cause.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch code := pg.Code(err); code {
	case insufficientRight:
		return events.ErrStoreUnavailable.Wrap(err)
	case outOfMemory, configurationLimit:
		return events.ErrQuestionTooLarge.Wrap(err)
	default:
		if strings.HasPrefix(code, invalidAuthorization) || strings.HasPrefix(code, systemError) {
			return events.ErrStoreUnavailable.Wrap(err)
		}
	}
	translated := pg.ServiceFault(err)
	if fault.KindOf(translated) == fault.Unavailable {
		return events.ErrStoreUnavailable.Wrap(err)
	}
	return translated
}
