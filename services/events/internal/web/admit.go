package web

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"devtrail.dev/kit/auth"
)

// maxToken is the longest text that is taken for a key.
const maxToken = 4096

// admit finds out who calls, whether the role may send events, and into which organization, by the rules of the gRPC door.
func (d *Door) admit(ctx context.Context, r *http.Request, token string) (context.Context, error) {
	if token == "" || len(token) > maxToken {
		return ctx, errCredential
	}
	caller, err := d.deps.Verifier.Verify(ctx, token)
	if err != nil {
		return ctx, err
	}
	v := visitOf(ctx)
	if v != nil {
		v.caller = caller
	}
	if err := d.rules.Authorize(captureMethod, caller); err != nil {
		return ctx, err
	}
	if caller, err = d.rules.Place(captureMethod, caller, r.Header.Get(auth.HeaderOrganization)); err != nil {
		return ctx, err
	}
	if v != nil {
		v.caller = caller
	}
	return auth.WithCaller(ctx, caller), nil
}

// token is the key that a request presents where its way allows it; "" when there is none. The header goes first.
func (wy way) token(r *http.Request) string {
	if wy.inPath {
		if key := r.PathValue("key"); key != "" {
			return key // beside it a plugin sends a placeholder that only looks like a key
		}
	}
	if value := r.Header.Get("Authorization"); value != "" {
		scheme, rest, _ := strings.Cut(value, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case strings.EqualFold(scheme, "bearer"):
			return rest
		case wy.basic && strings.EqualFold(scheme, "basic"):
			return basicToken(rest)
		}
		return ""
	}
	if len(wy.queries) == 0 || r.URL.RawQuery == "" {
		return ""
	}
	query := r.URL.Query()
	for _, name := range wy.queries {
		if key := query.Get(name); key != "" {
			return key
		}
	}
	return ""
}

// basicToken reads the key of Basic credentials: the whole of them, the password, or the user when there is no password.
func basicToken(encoded string) string {
	if len(encoded) > 2*maxToken {
		return ""
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(encoded); err != nil {
			return ""
		}
	}
	user, password, _ := strings.Cut(string(raw), ":")
	if password != "" {
		return password
	}
	return user
}
