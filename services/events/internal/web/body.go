package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"devtrail.dev/kit/fault"
)

const acceptedEncodings = "gzip, zstd, br, identity"

// maxWindow is the memory that unpacking zstd may take for itself; RFC 9659 wants 8 MiB of every HTTP server.
const maxWindow = 8 << 20

// errSlow says that the client did not send its body in time.
var errSlow = refusal{fault.New(fault.Timeout, "BODY_TIMEOUT", "the body did not arrive in time"), http.StatusRequestTimeout}

// readBody reads a body within its limits: the bytes that arrive are counted, and so are those that they unpack to, so that a small body that
// unpacks to a huge one is refused after the limit and not after the memory is gone.
func readBody(w http.ResponseWriter, r *http.Request, most limits) ([]byte, error) {
	if r.ContentLength > most.packed {
		return nil, tooLarge("the body has %d bytes, at most %d are taken", r.ContentLength, most.packed)
	}
	packed := http.MaxBytesReader(w, r.Body, most.packed)
	reader, err := unpacked(r.Header.Get("Content-Encoding"), packed)
	if err != nil {
		return nil, bodyFault(err)
	}
	defer func() { _ = reader.Close() }()
	body, err := io.ReadAll(io.LimitReader(reader, most.unpacked+1))
	if err != nil {
		return nil, bodyFault(err)
	}
	if int64(len(body)) > most.unpacked {
		return nil, tooLarge("the unpacked body has more than %d bytes", most.unpacked)
	}
	return body, nil
}

// unpacked undoes one content encoding.
func unpacked(encoding string, packed io.ReadCloser) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return packed, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(packed)
	case "br":
		return io.NopCloser(brotli.NewReader(packed)), nil
	case "zstd":
		reader, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return reader.IOReadCloser(), nil
	}
	return nil, refusal{errEncoding, http.StatusUnsupportedMediaType}
}

// bodyFault says what is wrong with a body that could not be read.
func bodyFault(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge("the body has more than %d bytes", large.Limit)
	}
	if _, ok := errors.AsType[refusal](err); ok {
		return err
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errSlow
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return errBody.With("the body cannot be read: it ends too early or is not encoded as it says").Wrap(err)
}
