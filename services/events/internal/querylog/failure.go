package querylog

import "devtrail.dev/kit/fault"

// failure is the reason of an error, or its kind where it has none.
func failure(err error) string {
	if reason := fault.ReasonOf(err); reason != "" {
		return reason
	}
	return fault.KindOf(err).Error()
}
