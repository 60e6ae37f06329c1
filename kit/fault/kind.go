package fault

import (
	"google.golang.org/grpc/codes"
)

// Kind says what went wrong in the terms a caller acts on. A Kind is itself an error, so that
// errors.Is(err, fault.NotFound) holds for every fault of the kind.
type Kind uint8

// The kinds. Internal is the zero value: what nobody has named is our mistake.
const (
	Internal        Kind = iota // our mistake; the caller sees only a reference
	Invalid                     // the request is wrong whatever the state of the system
	NotFound                    // the thing named does not exist for this caller
	Exists                      // the thing to be made is there already
	Conflict                    // lost a race; the same call may succeed when repeated
	State                       // the system must change before the call can succeed
	Denied                      // the caller is known and may not
	Unauthenticated             // the caller is not known
	Exhausted                   // a quota or limit is used up
	Unavailable                 // a part is away; repeat later
	Canceled                    // the caller gave up
	Timeout                     // the deadline passed
	Unimplemented               // this build of the service does not have the method
)

// table is the one translation between kinds and gRPC codes.
var table = [...]struct {
	code codes.Code
	text string
}{
	Internal:        {codes.Internal, "internal error"},
	Invalid:         {codes.InvalidArgument, "invalid argument"},
	NotFound:        {codes.NotFound, "not found"},
	Exists:          {codes.AlreadyExists, "already exists"},
	Conflict:        {codes.Aborted, "conflict"},
	State:           {codes.FailedPrecondition, "failed precondition"},
	Denied:          {codes.PermissionDenied, "permission denied"},
	Unauthenticated: {codes.Unauthenticated, "unauthenticated"},
	Exhausted:       {codes.ResourceExhausted, "resource exhausted"},
	Unavailable:     {codes.Unavailable, "unavailable"},
	Canceled:        {codes.Canceled, "canceled"},
	Timeout:         {codes.DeadlineExceeded, "deadline exceeded"},
	Unimplemented:   {codes.Unimplemented, "unimplemented"},
}

// Error names the kind in words.
func (k Kind) Error() string {
	if int(k) < len(table) {
		return table[k].text
	}
	return table[Internal].text
}

// Passing tells whether the same call may succeed when it is repeated later.
func (k Kind) Passing() bool {
	switch k {
	case Unavailable, Conflict, Exhausted, Timeout, Canceled:
		return true
	default:
		return false
	}
}

// Code is the gRPC code of the kind.
func (k Kind) Code() codes.Code {
	if int(k) < len(table) {
		return table[k].code
	}
	return codes.Internal
}

// kindOfCode reads the table backwards. Codes that no kind produces come from gRPC itself or from
// foreign servers; what is not listed is Internal.
func kindOfCode(code codes.Code) Kind {
	for kind, row := range table {
		if row.code == code {
			return Kind(kind)
		}
	}
	if code == codes.OutOfRange {
		return Invalid
	}
	return Internal
}
