package page

import "google.golang.org/protobuf/proto"

// MaxBytes is how large an answer with rows of any size gets, unless its first alone is larger. Clients of gRPC take 4 MiB where nobody tells them otherwise.
const MaxBytes = 3 << 20

// frameBytes is more than a message takes in its list beside itself.
const frameBytes = 8

// Fit returns the first of a list of messages, one at least, that an answer has room for which is so many bytes large without them, and whether it has for all.
func Fit[M proto.Message](list []M, without int) (fitting []M, all bool) {
	bytes := without
	for i, m := range list {
		bytes += proto.Size(m) + frameBytes
		if i > 0 && bytes > MaxBytes {
			return list[:i:i], false
		}
	}
	return list, true
}
