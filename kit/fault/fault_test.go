package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"devtrail.dev/kit/fault"
)

var errUser = fault.New(fault.NotFound, "USER_NOT_FOUND", "user not found")

func TestIs(t *testing.T) {
	told := fmt.Errorf("get: %w", errUser.With("user %q not found", "x").Field("id").Meta("a", "b").Wrap(io.EOF))
	require.ErrorIs(t, told, errUser)
	require.ErrorIs(t, told, fault.NotFound)
	require.ErrorIs(t, told, io.EOF)
	require.NotErrorIs(t, told, fault.Invalid)
	require.NotErrorIs(t, told, fault.New(fault.NotFound, "OTHER", ""))
	assert.Equal(t, `get: user "x" not found: EOF`, told.Error())
	assert.Equal(t, "USER_NOT_FOUND", fault.ReasonOf(told))
	assert.Empty(t, fault.ReasonOf(io.EOF))
}

func TestImmutable(t *testing.T) {
	one := errUser.Meta("a", "1")
	two := one.Meta("a", "2")
	_ = errUser.Field("x").RetryAfter(time.Second).Wrap(io.EOF)
	assert.Equal(t, "1", one.Metadata()["a"])
	assert.Equal(t, "2", two.Metadata()["a"])
	assert.Empty(t, errUser.Metadata())
	assert.Empty(t, errUser.FieldPath())
	assert.Zero(t, errUser.Retry())
	assert.NoError(t, errUser.Unwrap())
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want fault.Kind
	}{
		{io.EOF, fault.Internal},
		{fault.Denied, fault.Denied},
		{fmt.Errorf("x: %w", fault.State), fault.State},
		{errors.Join(io.EOF, errUser), fault.NotFound},
		{fmt.Errorf("x: %w", context.Canceled), fault.Canceled},
		{context.DeadlineExceeded, fault.Timeout},
		{status.Error(codes.Aborted, ""), fault.Conflict},
		{fmt.Errorf("x: %w", status.Error(codes.OutOfRange, "")), fault.Invalid},
		{status.Error(codes.Unimplemented, ""), fault.Unimplemented},
		{status.Error(codes.DataLoss, ""), fault.Internal},
		{errUser.Wrap(context.Canceled), fault.NotFound},
	} {
		assert.Equal(t, c.want, fault.KindOf(c.err), "%v", c.err)
	}
}

func TestContextErrors(t *testing.T) {
	got := fault.FromStatus(fault.ToStatus(fmt.Errorf("query: %w", context.DeadlineExceeded), "d").Err())
	require.ErrorIs(t, got, fault.Timeout)
	require.ErrorIs(t, got, context.DeadlineExceeded)
	require.NotErrorIs(t, got, context.Canceled)
	got = fault.FromStatus(fault.ToStatus(context.Canceled, "d").Err())
	assert.ErrorIs(t, got, context.Canceled)
}

func TestInternalIsMasked(t *testing.T) {
	for _, err := range []error{io.ErrUnexpectedEOF, fault.New(fault.Internal, "SECRET", "secret"), status.Error(codes.Unknown, "secret")} {
		st := fault.ToStatus(err, "identity.devtrail.dev")
		assert.Equal(t, codes.Internal, st.Code())
		assert.Regexp(t, "^internal error, reference [a-z0-9]{10}$", st.Message())
		assert.NotContains(t, strings.ToLower(fmt.Sprint(st.Proto())), "secret")
		ref := fault.Reference(st)
		assert.Contains(t, st.Message(), ref)
		assert.NotEqual(t, ref, fault.Reference(fault.ToStatus(err, "identity.devtrail.dev")))
	}
	assert.Empty(t, fault.Reference(status.New(codes.Internal, "")))
}

func TestUnimplementedMethodIsNotMasked(t *testing.T) {
	st := fault.ToStatus(status.Error(codes.Unimplemented, "method GetUser not implemented"), "identity.devtrail.dev")
	assert.Equal(t, codes.Unimplemented, st.Code())
	assert.Equal(t, "method GetUser not implemented", st.Message())
	assert.Equal(t, "UNIMPLEMENTED", fault.ReasonOf(fault.FromStatus(st.Err())))
}

func TestCauseIsNotSent(t *testing.T) {
	st := fault.ToStatus(fmt.Errorf("around: %w", errUser.Wrap(errors.New("driver text"))), "d")
	assert.Equal(t, "user not found", st.Message())
	assert.NotContains(t, fmt.Sprint(st.Proto()), "driver text")
}

func TestDomainOfAnotherServiceStays(t *testing.T) {
	far := fault.FromStatus(fault.ToStatus(errUser, "identity.devtrail.dev").Err())
	assert.Contains(t, fmt.Sprint(fault.ToStatus(far, "events.devtrail.dev").Proto()), "identity.devtrail.dev")
}

func TestStatusOfForeignText(t *testing.T) {
	st := fault.ToStatus(fault.New(fault.Invalid, "R", strings.Repeat("\u00e9", 2000)).Field("\xff").Meta("k", "\xff"), "d")
	assert.Less(t, len(st.Message()), 1100)
	assert.Len(t, st.Details(), 2)
}

func TestFromStatusLeavesOthers(t *testing.T) {
	require.NoError(t, fault.FromStatus(nil))
	assert.Equal(t, io.EOF, fault.FromStatus(io.EOF))
	assert.Equal(t, error(errUser), fault.FromStatus(errUser))
	assert.Nil(t, fault.ToStatus(nil, "d"))
	assert.Equal(t, codes.NotFound, status.Code(errUser))
	assert.Equal(t, "UNAVAILABLE", fault.ReasonOf(fault.FromStatus(status.Error(codes.Unavailable, "away"))))
}

func TestEveryKindHasACode(t *testing.T) {
	seen := map[codes.Code]bool{}
	for k := fault.Internal; k <= fault.Unimplemented; k++ {
		assert.False(t, seen[k.Code()], "%s", k)
		seen[k.Code()] = true
		assert.NotEmpty(t, k.Error())
	}
	assert.Equal(t, codes.Internal, fault.Kind(200).Code())
	assert.Equal(t, "internal error", fault.Kind(200).Error())
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := fault.Kind(rapid.Uint8Range(uint8(fault.Invalid), uint8(fault.Unimplemented)).Draw(t, "kind"))
		text := rapid.StringN(0, 200, 800)
		f := fault.New(kind, rapid.StringMatching(`[A-Z][A-Z_]{0,40}`).Draw(t, "reason"), "m").With("%s", text.Draw(t, "message"))
		if path := text.Draw(t, "field"); path != "" {
			f = f.Field(path)
		}
		for k, v := range rapid.MapOfN(rapid.StringMatching(`[a-z_]{1,20}`), text, 0, 5).Draw(t, "meta") {
			f = f.Meta(k, v)
		}
		f = f.RetryAfter(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "retry")))
		got, ok := errors.AsType[*fault.Fault](fault.FromStatus(fault.ToStatus(fmt.Errorf("x: %w", f), "a.b").Err()))
		require.True(t, ok)
		require.Equal(t, f.Kind(), got.Kind())
		require.Equal(t, f.Reason(), got.Reason())
		require.Equal(t, f.Message(), got.Message())
		require.Equal(t, f.FieldPath(), got.FieldPath())
		require.Len(t, got.Metadata(), len(f.Metadata()))
		for k, v := range f.Metadata() {
			require.Equal(t, v, got.Metadata()[k])
		}
		require.Equal(t, f.Retry(), got.Retry())
		require.ErrorIs(t, got, f)
	})
}
