package insight

import "time"

// StickinessQuery asks in how many buckets each actor was active.
type StickinessQuery struct {
	Question
	Buckets []time.Time
	Series  []Matcher
}
