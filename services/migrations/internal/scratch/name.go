package scratch

import "time"

// Name is the name of one more scratch database, made at this time by the server's clock. Whoever makes a database of this name need not fear to be killed:
// the next Open on the server drops what was left.
func Name(now time.Time) string { return newName(now) }
