package serve

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// headerRequestID carries the request id in and out.
const headerRequestID = "x-request-id"

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestID takes the caller's id when it is fit for a log line, else makes one, and sends it back: in the header
// of a unary answer, else in the trailer. A header before an error would tell the client that the server has
// begun to answer, and so forbid it to retry.
func (s *Server) requestID(ctx context.Context, c *call, next func(context.Context) error) error {
	c.requestID = header(ctx, headerRequestID)
	if !plain(c.requestID, 64) {
		c.requestID = uuid.NewString()
	}
	err := next(context.WithValue(ctx, requestIDKey{}, c.requestID))
	send := grpc.SetHeader
	if err != nil || c.streams {
		send = grpc.SetTrailer
	}
	// It fails only where no transport stream is, as in a test of the step alone.
	_ = send(ctx, metadata.Pairs(headerRequestID, c.requestID))
	return err
}

// header is the only value of a metadata key, or "". It copies no others.
func header(ctx context.Context, key string) string {
	if v := metadata.ValueFromIncomingContext(ctx, key); len(v) == 1 {
		return v[0]
	}
	return ""
}

// plain tells whether s is a short name: letters, digits, "-", "_" and ".".
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}
