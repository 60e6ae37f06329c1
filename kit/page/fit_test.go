package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"pgregory.net/rapid"

	"devtrail.dev/kit/page"
)

// TestAPageIsNoLargerThanAnswersMayBe fills a message with what fits, and with one more.
func TestAPageIsNoLargerThanAnswersMayBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []*structpb.Value
		for _, size := range rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(0, page.MaxBytes/2), rapid.IntRange(page.MaxBytes-100, page.MaxBytes+100))).Draw(t, "sizes") {
			list = append(list, structpb.NewStringValue(strings.Repeat("x", size)))
		}
		room := rapid.SampledFrom([]int{-1, 0, 200, page.MaxBytes - 1, page.MaxBytes}).Draw(t, "room")
		fitting, all := page.Fit(list, room)
		require.Equal(t, list[:len(fitting)], fitting)
		require.Equal(t, len(fitting) == len(list), all)
		size := func(n int) int { return proto.Size(&structpb.ListValue{Values: list[:n]}) }
		if len(fitting) > 1 {
			require.LessOrEqual(t, size(len(fitting)), room)
		}
		if !all {
			require.NotEmpty(t, fitting)
			require.Greater(t, size(len(fitting)+1)+8*len(list), room)
		}
	})
}

func TestManySmallMessagesFit(t *testing.T) {
	list := make([]*wrapperspb.BoolValue, page.Max)
	fitting, all := page.Fit(list, page.MaxBytes)
	require.True(t, all)
	require.Len(t, fitting, page.Max)
}
