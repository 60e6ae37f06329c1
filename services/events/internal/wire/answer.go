package wire

import (
	"errors"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
)

// Answer is a CaptureEventsResponse or a StreamEventsResponse: what became of the events of a letter. It writes itself.
type Answer struct {
	Letter  *Letter
	Results []ingest.Result
	Release func() // called when the answer is written; gives back the memory of the letter and the results
}

// resultBytes is about what a result takes that says no more than that the event is kept.
const resultBytes = 44

// WriteWire writes the answer.
func (a *Answer) WriteWire(pool mem.BufferPool) (mem.BufferSlice, error) {
	buffer := pool.Get(16 + resultBytes*len(a.Results))
	room := cap(*buffer)
	written := a.Append((*buffer)[:0])
	a.Release()
	if cap(written) != room { // it took more than it has room for
		pool.Put(buffer)
		return mem.BufferSlice{mem.SliceBuffer(written)}, nil
	}
	*buffer = written
	return mem.BufferSlice{mem.NewBuffer(buffer, pool)}, nil
}

// Append writes the answer to dst.
func (a *Answer) Append(dst []byte) []byte {
	results := protowire.Number(1)
	if a.Letter.streamed {
		results = 2
		if a.Letter.Sequence != 0 {
			dst = protowire.AppendTag(dst, 1, protowire.VarintType)
			dst = protowire.AppendVarint(dst, uint64(a.Letter.Sequence))
		}
	}
	for i := range a.Results {
		dst = protowire.AppendTag(dst, results, protowire.BytesType)
		dst = appendResult(dst, a.Letter.eventID(i), &a.Results[i])
	}
	return dst
}

// appendResult writes the length of a CaptureResult and the CaptureResult.
func appendResult(dst []byte, id string, r *ingest.Result) []byte {
	f := faultOf(r.Err)
	size := sizeText(id) + 2
	if f != nil {
		size += sizeText(f.Reason()) + sizeText(f.FieldPath()) + sizeText(f.Message())
	}
	var after []byte
	if r.Status == ingest.Retry {
		after = appendDuration(make([]byte, 0, 16), r.RetryAfter)
		size += 1 + protowire.SizeBytes(len(after))
	}
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = appendText(dst, 1, id)
	dst = append(dst, 2<<3|byte(protowire.VarintType), byte(r.Status))
	if f != nil {
		dst = appendText(dst, 3, f.Reason())
		dst = appendText(dst, 4, f.FieldPath())
		dst = appendText(dst, 5, f.Message())
	}
	if r.Status == ingest.Retry {
		dst = protowire.AppendTag(dst, 6, protowire.BytesType)
		dst = protowire.AppendBytes(dst, after)
	}
	return dst
}

// faultOf returns what is told of an error; nil when there is none.
func faultOf(err error) *fault.Fault {
	if err == nil { // mostly: the rest allocates
		return nil
	}
	f, _ := errors.AsType[*fault.Fault](err)
	return f
}

// sizeText is the size of a field of text; an empty one is not written.
func sizeText(s string) int {
	if s == "" {
		return 0
	}
	return 1 + protowire.SizeBytes(len(s))
}

func appendText(dst []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return protowire.AppendString(protowire.AppendTag(dst, number, protowire.BytesType), s)
}

// appendDuration writes a google.protobuf.Duration.
func appendDuration(dst []byte, d time.Duration) []byte {
	if seconds := d / time.Second; seconds != 0 {
		dst = protowire.AppendVarint(protowire.AppendTag(dst, 1, protowire.VarintType), uint64(seconds))
	}
	if nanos := d % time.Second; nanos != 0 {
		dst = protowire.AppendVarint(protowire.AppendTag(dst, 2, protowire.VarintType), uint64(nanos))
	}
	return dst
}
