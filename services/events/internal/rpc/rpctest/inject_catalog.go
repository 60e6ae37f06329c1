package rpctest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/storetest"
)

// InjectCatalog puts each injection into each text of each request of the CatalogService, and of the EventService, one at a time: what is refused is
// refused for the text, what is kept comes back byte for byte, and afterwards every event is there.
func InjectCatalog(t *testing.T, open storetest.OpenInsightFunc) {
	store := open(t)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	org, now := storetest.ID("injected catalog"), time.Date(2026, 5, 8, 0, 0, 0, 0, time.UTC)
	e, err := events.Event{
		ID: storetest.ID("event"), Name: "a", OccurredAt: now.Add(-time.Hour), Properties: `{"p":"v"}`, Packages: []string{"pkg:npm/x@1"}, Project: "github.com/own/x",
		DeveloperID: storetest.ID("ada"), Source: events.Source{Kind: events.SourceSDK}, Actor: events.Identity{Kind: 1, Value: "ada@example.org"},
	}.Canonical(now)
	require.NoError(t, err)
	_, err = store.Append(t.Context(), org, []events.Event{e})
	require.NoError(t, err)
	c := New(t, store, org, now).(*Client)
	served := make(map[string]bool)
	for _, request := range catalogRequests(c.fixture(t)) {
		served[string(request("a").ProtoReflect().Descriptor().Name())] = true
		injectInto(t, c, request)
		list := &eventsv1.ListEventsResponse{}
		require.NoError(t, c.invoke(t.Context(), &eventsv1.ListEventsRequest{}, list))
		require.Len(t, list.GetEvents(), 1)
		require.JSONEq(t, `{"p":"v"}`, list.GetEvents()[0].GetPropertiesJson())
	}
	methods := eventsv1.File_devtrail_events_v1_catalog_service_proto.Services().ByName("CatalogService").Methods()
	for i := range methods.Len() {
		require.True(t, served[string(methods.Get(i).Input().Name())] || !hasText(methods.Get(i).Input()), "%s is not tried: add it to catalogRequests", methods.Get(i).Name())
	}
}

// hasText tells whether a message itself has a text or another message, which may have one.
func hasText(m protoreflect.MessageDescriptor) bool {
	for i := range m.Fields().Len() {
		if kind := m.Fields().Get(i).Kind(); kind == protoreflect.StringKind || kind == protoreflect.MessageKind {
			return true
		}
	}
	return false
}

// injectInto tries one kind of request. Each try is a request of its own, whose name no other has.
func injectInto(t *testing.T, c *Client, request func(name string) proto.Message) {
	t.Helper()
	var paths []string
	eachText(request("a").ProtoReflect(), "", func(path string, _ func(string)) { paths = append(paths, path) })
	for n, path := range paths {
		for i, text := range injections {
			req := request(fmt.Sprintf("%T %d %d", request(""), n, i))
			eachText(req.ProtoReflect(), "", func(at string, set func(string)) {
				if at == path {
					set(text)
					c.try(t, req, path, text)
				}
			})
		}
	}
}

// try sends a request that has an injection at a path.
func (c *Client) try(t *testing.T, req proto.Message, path, text string) {
	t.Helper()
	name := string(req.ProtoReflect().Descriptor().FullName())
	res := c.answerOf(t, req)
	err := c.invoke(t.Context(), req, res)
	switch {
	case errors.Is(err, fault.Exists) && strings.HasSuffix(path, ".name"): // it was kept before
	case err != nil:
		require.True(t, errors.Is(err, fault.Invalid) || errors.Is(err, fault.NotFound), "%s: %s is %q: %v", name, path, text, err)
	case strings.ContainsRune(text, 0):
		require.Fail(t, "a zero character was taken", "%s: %s", name, path)
	case strings.Contains(name, ".Create") || strings.Contains(name, ".Update") || strings.Contains(name, ".Set"):
		require.True(t, slices.Contains(textsOf(res.ProtoReflect()), text), "%s: %s is %q and did not come back: %v", name, path, text, res)
	}
}

// textsOf are all texts of a message.
func textsOf(m protoreflect.Message) []string {
	var texts []string
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList():
			for i := range v.List().Len() {
				switch item := v.List().Get(i); f.Kind() {
				case protoreflect.StringKind:
					texts = append(texts, item.String())
				case protoreflect.MessageKind:
					texts = append(texts, textsOf(item.Message())...)
				}
			}
		case f.Kind() == protoreflect.StringKind:
			texts = append(texts, v.String())
		case f.Kind() == protoreflect.MessageKind:
			texts = append(texts, textsOf(v.Message())...)
		}
		return true
	})
	return texts
}

func (c *Client) answerOf(t *testing.T, req proto.Message) proto.Message {
	t.Helper()
	name := strings.TrimSuffix(string(req.ProtoReflect().Descriptor().FullName()), "Request") + "Response"
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	require.NoError(t, err)
	return kind.New().Interface()
}

// invoke calls the RPC that is named as the request is.
func (c *Client) invoke(ctx context.Context, req, res proto.Message) error {
	method := strings.TrimSuffix(string(req.ProtoReflect().Descriptor().Name()), "Request")
	service := "EventService"
	if eventsv1.File_devtrail_events_v1_catalog_service_proto.Services().ByName("CatalogService").Methods().ByName(protoreflect.Name(method)) != nil {
		service = "CatalogService"
	}
	return c.conn.Invoke(servetest.As(ctx, writing), "/devtrail.events.v1."+service+"/"+method, req, res)
}
