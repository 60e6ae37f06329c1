package events

import "devtrail.dev/kit/fault"

// The rules that an event or a question can break. Their reasons are part of the contract: clients branch on them.
var (
	ErrEventIDInvalid      = fault.New(fault.Invalid, "EVENT_ID_INVALID", "the event id is not a UUID")
	ErrEventTooLarge       = fault.New(fault.Invalid, "EVENT_TOO_LARGE", "the event is too large")
	ErrFieldMissing        = fault.New(fault.Invalid, "FIELD_MISSING", "a field is missing")
	ErrIdentityInvalid     = fault.New(fault.Invalid, "IDENTITY_INVALID", "the identity is not valid")
	ErrPropertiesInvalid   = fault.New(fault.Invalid, "PROPERTIES_INVALID", "the properties are not a JSON object")
	ErrPurlInvalid         = fault.New(fault.Invalid, "PURL_INVALID", "the purl is not valid")
	ErrRangeInvalid        = fault.New(fault.Invalid, "RANGE_INVALID", "the end of the range is not after its start")
	ErrRangeTooLong        = fault.New(fault.Invalid, "RANGE_TOO_LONG", "the range has too many buckets")
	ErrRequestTooLarge     = fault.New(fault.Invalid, "REQUEST_TOO_LARGE", "the request has too many events, or too large ones")
	ErrSourceKindInvalid   = fault.New(fault.Invalid, "SOURCE_KIND_INVALID", "the kind of source is not known")
	ErrTextInvalid         = fault.New(fault.Invalid, "TEXT_INVALID", "the text is not valid")
	ErrTextTooLong         = fault.New(fault.Invalid, "TEXT_TOO_LONG", "the text is too long")
	ErrTimeInvalid         = fault.New(fault.Invalid, "TIME_INVALID", "the time is not valid")
	ErrVersionRangeInvalid = fault.New(fault.Invalid, "VERSION_RANGE_INVALID", "the range of versions is not valid")
	ErrVersionsContradict  = fault.New(fault.Invalid, "VERSIONS_CONTRADICT", "the versions are given in two ways")
	ErrTimeZoneUnknown     = fault.New(fault.Invalid, "TIME_ZONE_UNKNOWN", "the time zone is not known")

	// ErrQuestionTooSlow and ErrQuestionTooLarge are what a store answers when a question came to its limit of time or memory. Their sentences are for the asker.
	ErrQuestionTooSlow  = fault.New(fault.Timeout, "QUESTION_TOO_SLOW", "the question took too long: narrow its range or its filters")
	ErrQuestionTooLarge = fault.New(fault.Exhausted, "QUESTION_TOO_LARGE", "the question needs too much memory: narrow its range or its filters")
	// ErrQuestionCanceled is what a store answers when somebody ended the question in the database.
	ErrQuestionCanceled = fault.New(fault.Canceled, "QUESTION_CANCELED", "the question was canceled")
	// ErrStoreClosed is what a store answers after Close.
	ErrStoreClosed = fault.New(fault.Unavailable, "STORE_CLOSED", "the event store is closed")
	// ErrStoreUnavailable is what a store answers while its database cannot be asked. Repeating the call is safe.
	ErrStoreUnavailable = fault.New(fault.Unavailable, "STORE_UNAVAILABLE", "the event store cannot be reached")
)
