// Package storetest is the conformance suite of events.Store: every store runs every case, none may be left out.
// What an engine cannot keep is not in the contract. It stands beside the stores, in their tests only.
package storetest

import (
	"testing"
)

// testCase is one behaviour of the contract.
type testCase struct {
	name string
	run  func(t *testing.T, s *subject)
}

// Run runs all cases, each on a store of its own.
func Run(t *testing.T, open OpenInsightFunc) {
	var cases []testCase
	for _, list := range [][]testCase{appendCases, blockCases, listCases, exposureCases, exposurePartCases, manifestCases, digestCases, trendsCases, reassignCases, foldCases, privacyCases, deadLetterCases, catalogCases, crowdCases, lifeCases} {
		cases = append(cases, list...)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, newSubject(t, open(t)))
		})
	}
}
