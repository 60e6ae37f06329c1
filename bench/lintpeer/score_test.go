package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTableCountsByRuleAndInTotal(t *testing.T) {
	list := []statement{
		{Rule: "a", ShouldFlag: true, PeerHasRule: true, Source: "squawk/x"}, {Rule: "a", PeerHasRule: true, Source: "atlas/x"}, {Rule: "b", ShouldFlag: true, Setup: "SELECT 1"},
	}
	text := table(list, []bool{true, true, false}, []bool{true, false, false}, []bool{true, false, true})
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 6 {
			rows[strings.Join(fields[:len(fields)-7], " ")] = strings.Join(fields[len(fields)-7:], " ")
		}
	}
	require.Equal(t, "2 0.500 1.000 1.000 1.000 1.000 1.000", rows["a"])
	require.NotContains(t, rows, "b", "the peer has no such rule")
	require.Equal(t, "1 0.000 - - - - -", rows["of them from others"])
	require.Equal(t, "3 0.500 0.500 1.000 0.500 1.000 1.000", rows["all rules"])
}
