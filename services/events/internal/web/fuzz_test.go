package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/sourcetest"
	"devtrail.dev/services/events/internal/wire"
)

// FuzzReadBody unpacks whatever comes: never more than the limit, never a panic.
func FuzzReadBody(f *testing.F) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bytes.Repeat([]byte("a"), 5000))
	_ = z.Close()
	f.Add("gzip", packed.Bytes())
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x09, 0x00, 0x00, 'a', 0x17, 0x9b, 0x8d, 0x53})
	f.Add("br", []byte{0x0b, 0x02, 0x80, 'h', 'e', 'l', 'l', 'o', 0x03})
	f.Add("identity", []byte("{}"))
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		most := limits{packed: 1 << 10, unpacked: 4 << 10}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Encoding", encoding)
		got, err := readBody(httptest.NewRecorder(), r, most)
		if err == nil && int64(len(got)) > most.unpacked {
			t.Fatalf("%d bytes", len(got))
		}
		if err != nil {
			if status, _, _, _ := judge(err); status >= 500 {
				t.Fatalf("%v is answered with %d", err, status)
			}
		}
	})
}

// FuzzReadBatch reads whatever comes as a batch: each event has a draft, or the batch is refused as the sender's mistake.
func FuzzReadBatch(f *testing.F) {
	f.Add(typeJSON, []byte(`{"events": [{"id": "6f9619ff-8b86-4011-b42d-000000000001", "name": "a", "occurredAt": "2026-05-01T11:00:00Z"}, {"id": 1}], "ack": 2, "sentAt": "2026-05-01T11:00:00Z"}`))
	f.Add(typeText, []byte(`{"key": "k", "events": [{"actor": {"kind": 99}}, null, []]}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		sourcetest.Bounded(t, body, func() (drafts []ingest.Draft, err error) {
			batch, unreadable, err := readBatch(contentType, body)
			if err != nil {
				if status, _, _, _ := judge(err); status != http.StatusBadRequest {
					t.Fatalf("%v is answered with %d", err, status)
				}
				return nil, err
			}
			for _, e := range batch.GetEvents() {
				drafts = append(drafts, wire.DraftFromProto(e))
				if _, err := protojson.Marshal(e); err != nil {
					t.Fatal(err)
				}
			}
			if len(unreadable) > len(batch.GetEvents()) {
				t.Fatal("more errors than events")
			}
			_ = bodyKey(contentType, body)
			return drafts, nil
		})
	})
}
