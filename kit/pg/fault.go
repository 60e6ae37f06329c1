package pg

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"devtrail.dev/kit/fault"
)

// The SQLSTATEs that mean something to callers.
const (
	codeUniqueViolation      = "23505"
	codeSerializationFailure = "40001"
	codeDeadlockDetected     = "40P01"
	codeLockNotAvailable     = "55P03"
	codeQueryCanceled        = "57014"
	codeTooManyConnections   = "53300"
	codeUndefinedTable       = "42P01"
	codeUndefinedDatabase    = "3D000"
	codeReadOnly             = "25006" // a standby, or a server that became one
	codeDiskFull             = "53100"
)

var (
	// ErrExists says that a row with the same unique key is there.
	ErrExists = fault.New(fault.Exists, "ALREADY_EXISTS", "it already exists")
	// ErrConflict says that the transaction lost a race and may be repeated.
	ErrConflict = fault.New(fault.Conflict, "TRANSACTION_CONFLICT", "another change came first; repeat the call")
	// ErrAway says that the database cannot be used now.
	ErrAway = fault.New(fault.Unavailable, "DATABASE_UNAVAILABLE", "the database is not available")
	// ErrSlow says that the database stopped a statement that took too long.
	ErrSlow = fault.New(fault.Timeout, "DATABASE_TIMEOUT", "the database stopped a statement that took too long")
)

// Code is the SQLSTATE of the Postgres error in err's chain, or "".
func Code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// Fault translates a driver error by its code and keeps it as the cause. No rows, faults and whatever has no
// meaning of its own come back unchanged: stores know better, or it is Internal.
func Fault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	switch code := Code(err); {
	case connecting(err): // whatever the reason, a changed password among them
		return ErrAway.Wrap(err)
	case code == codeUniqueViolation:
		return ErrExists.Wrap(err)
	case code == codeSerializationFailure, code == codeDeadlockDetected:
		return ErrConflict.Wrap(err)
	case code == codeQueryCanceled, code == codeLockNotAvailable:
		return ErrSlow.Wrap(err)
	case code == codeTooManyConnections, code == codeUndefinedDatabase,
		strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"):
		return ErrAway.Wrap(err)
	case code != "":
		return err
	}
	// A caller's deadline looks to the driver like a broken connection; it must be told first.
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if away(err) {
		return ErrAway.Wrap(err)
	}
	return err
}

// ServiceFault is Fault for a service on its own database: a schema that is not there yet, a server that only reads and a full disk are no mistake of
// the service, and pass. They say something else to whoever applies a migration.
func ServiceFault(err error) error {
	switch Code(err) {
	case codeUndefinedTable, codeReadOnly, codeDiskFull:
		return ErrAway.Wrap(err)
	default:
		return Fault(err)
	}
}

// connecting tells whether there was no connection yet.
func connecting(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

func away(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || brokenPipe(err)
}
