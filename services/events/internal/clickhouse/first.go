package clickhouse

import (
	"strconv"

	"devtrail.dev/services/events"
)

// firstAttempts is how many tokens are tried for a row: more than the server has lost rows of one revision.
const firstAttempts = 5

// first has a row written that only one of many writers may write, whichever instance they belong to: of inserts under one token the server keeps the first.
// Insert writes the row under a token, and reads back whether it, or that of another, is there. A server may remember a token whose row it lost, when it was
// killed or its disk failed; the next token is tried then, by all writers in the same order.
func first(token string, insert func(token string) (there bool, err error)) error {
	for attempt := range firstAttempts {
		if there, err := insert(token + "/" + strconv.Itoa(attempt)); there || err != nil {
			return err
		}
	}
	return events.ErrStoreUnavailable.With("the server takes a row and does not have it, under %d tokens that begin with %s", firstAttempts, token)
}
