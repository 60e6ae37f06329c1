package page

import "google.golang.org/protobuf/proto"

// MaxBytes is how large an answer with rows of any size gets, unless its first alone is larger. Clients of gRPC take 4 MiB where nobody tells them otherwise.
const MaxBytes = 3 << 20

// frameBytes is more than a message takes in its list beside itself.
const frameBytes = 8

// Fit returns the first messages of a list that take so many bytes together, one at least, and whether these are all.
func Fit[M proto.Message](list []M, room int) (fitting []M, all bool) {
	for i, m := range list {
		room -= proto.Size(m) + frameBytes
		if i > 0 && room < 0 {
			return list[:i:i], false
		}
	}
	return list, true
}
