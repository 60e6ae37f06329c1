package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

var promotionCases = []insightCase{
	{"answers are the same before, while and after a property is promoted, and after it was demoted", promoted},
	{"a slot that was used before says nothing of its new property", promotedAgain},
	{"an event without its value is found in one that is ready", promotedLate},
	{"an organization has so many promoted properties", promotedLimit},
	{"promotions are their organization's", promotedApart},
}

// promoter promotes in the store of a story.
func (s *story) promoter() *catalog.Promoter {
	return catalog.NewPromoter(s.store, catalog.NewKeeper(s.store, time.Now), catalog.Slots)
}

// Promote promotes properties of an organization's events and fills their slots.
func Promote(t testing.TB, store insight.Engine, organization uuid.UUID, keys ...string) {
	t.Helper()
	promoter := catalog.NewPromoter(store, catalog.NewKeeper(store, time.Now), catalog.Slots)
	for _, key := range keys {
		p, err := promoter.Promote(t.Context(), organization, key)
		require.NoError(t, err)
		require.NoError(t, promoter.Settle(t.Context(), organization, p))
	}
}

// promotedValues are what properties are made of that are hard to cut out of their JSON.
var promotedValues = []string{
	`{"k":"a"}`, `{"k":"a","z":{"k":"inner"}}`, `{"a":{"k":"inner"}}`, `{"k":null}`, `{"k":true}`, `{"k":-1.5e-7}`, `{"k":12345678901234567890123,"b":[1,2]}`,
	`{"k":"a\"b\\c\n\u2028"}`, `{"k":{"x":[1,"}"]}}`, `{"k":[]}`, `{"b":"\"k\":1"}`, `{"k":""}`, `{}`, `{"a":1,"k":"2026-05-06T07:08:09.5Z"}`, `{"k":"1:a"}`,
	`{"\u0000":1,"k":"z\u0000z"}`, `{"k":"x","kk":"y"}`, `{"kk":"y"}`, `{"k\u00e9":"y"}`, `{"b":[12345678901234567890123],"k":7}`,
}

// answers asks of a key all that can be asked of one.
func (s *story) answers(key string) []any {
	s.t.Helper()
	var list []any
	add := func(answer any, err error) {
		s.t.Helper()
		require.NoError(s.t, err)
		list = append(list, answer)
	}
	breakdown := &insight.Breakdown{Scope: insight.EventScope, Properties: []string{key, "b"}, Limit: 25}
	ask := func(q insight.TrendsRequest) {
		s.t.Helper()
		q.Period = during("05", "07")
		add(s.engine.Trends(s.t.Context(), s.org, q))
	}
	ask(insight.TrendsRequest{Series: []insight.Series{{Matcher: of("e"), Math: insight.Total}}, Breakdown: breakdown})
	for _, math := range []insight.Math{insight.Sum, insight.Maximum} {
		ask(insight.TrendsRequest{Series: []insight.Series{{Matcher: of("e"), Math: math, Property: key}}})
	}
	for _, f := range []insight.PropertyFilter{
		s.where(key, insight.Exact, "a", "true"), s.where(key, insight.IsNot, "a"), s.where(key, insight.Contains, "A"), s.where(key, insight.Regex, "^[a-z]"),
		s.where(key, insight.Greater, "-2"), s.where(key, insight.IsSet), s.where(key, insight.IsNotSet), s.where(key, insight.DateAfter, "2026-05-01T00:00:00Z"),
	} {
		ask(insight.TrendsRequest{Series: []insight.Series{{Matcher: of("e", f), Math: insight.Total}}})
	}
	return list
}

func (s *story) tellValues() {
	for _, p := range promotedValues {
		s.did("ada", "e", "06 12:00", p)
	}
}

// step demands that a step of a promotion changes no answer.
func (s *story) step(label string, want []any, key string, do func(context.Context) error) {
	s.t.Helper()
	require.NoError(s.t, do(s.t.Context()), label)
	equal(s.t, want, s.answers(key), "%s", label)
}

func promoted(s *story) {
	s.tellValues()
	before := s.answers("k")
	promoter := s.promoter()
	var p catalog.Promoted
	s.step("promoted", before, "k", func(ctx context.Context) (err error) {
		p, err = promoter.Promote(ctx, s.org, "k")
		require.Equal(s.t, catalog.Filling, p.State)
		return err
	})
	again, err := promoter.Promote(s.t.Context(), s.org, "k")
	require.NoError(s.t, err)
	require.Equal(s.t, p.Slot, again.Slot, "it is promoted")

	s.tellValues() // some have their values from the start, others not
	before = s.answers("k")
	s.step("filled", before, "k", func(ctx context.Context) error { return s.store.FillPromoted(ctx, s.org, p) })
	filled, total, err := s.store.PromotedRows(s.t.Context(), s.org, p)
	require.NoError(s.t, err)
	require.Equal(s.t, []int64{int64(s.told), int64(s.told)}, []int64{filled, total})
	s.step("ready", before, "k", func(ctx context.Context) error { return promoter.Settle(ctx, s.org, p) })
	list, err := promoter.List(s.t.Context(), s.org)
	require.NoError(s.t, err)
	require.Len(s.t, list, 1)
	require.Equal(s.t, catalog.Ready, list[0].State)
	require.Equal(s.t, "k", list[0].Key)

	s.tellValues()
	before = s.answers("k")
	s.step("demoted", before, "k", func(ctx context.Context) (err error) {
		p, err = promoter.Demote(ctx, s.org, "k")
		return err
	})
	require.Equal(s.t, catalog.Removing, p.State)
	_, err = promoter.Demote(s.t.Context(), s.org, "k")
	require.ErrorIs(s.t, err, catalog.ErrNotPromoted)
	s.step("cleared", before, "k", func(ctx context.Context) error { return promoter.Settle(ctx, s.org, p) })
	list, err = promoter.List(s.t.Context(), s.org)
	require.NoError(s.t, err)
	require.Empty(s.t, list)
}

func promotedAgain(s *story) {
	s.tellValues()
	promoter := s.promoter()
	Promote(s.t, s.store, s.org, "k")
	list, err := promoter.List(s.t.Context(), s.org)
	require.NoError(s.t, err)
	// The slot is free before it was emptied, as when somebody who knows nothing of the demotion fills it once more.
	taken, err := promoter.Demote(s.t.Context(), s.org, "k")
	require.NoError(s.t, err)
	_, err = promoter.Move(s.t.Context(), s.org, taken, catalog.NoPromotion)
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.FillPromoted(s.t.Context(), s.org, list[0]))
	before := s.answers("b")
	p, err := promoter.Promote(s.t.Context(), s.org, "b")
	require.NoError(s.t, err)
	require.Equal(s.t, list[0].Slot, p.Slot)
	require.NotEqual(s.t, list[0].Generation, p.Generation)
	equal(s.t, before, s.answers("b"), "the slot has the values of another key")
	s.step("filled", before, "b", func(ctx context.Context) error { return promoter.Settle(ctx, s.org, p) })
}

func promotedLate(s *story) {
	s.tellValues()
	Promote(s.t, s.store, s.org, "k")
	before := s.answers("k")
	list, err := s.promoter().List(s.t.Context(), s.org)
	require.NoError(s.t, err)
	s.step("a slot that is ready and empty", before, "k", func(ctx context.Context) error { return s.store.ClearPromoted(ctx, s.org, list[0].Slot) })
	s.step("filled again", before, "k", func(ctx context.Context) error { return s.promoter().Settle(ctx, s.org, list[0]) })
	filled, total, err := s.store.PromotedRows(s.t.Context(), s.org, list[0])
	require.NoError(s.t, err)
	require.Equal(s.t, total, filled)
}

func promotedLimit(s *story) {
	promoter := catalog.NewPromoter(s.store, catalog.NewKeeper(s.store, time.Now), 2)
	for _, key := range []string{"a", "b", "a"} {
		_, err := promoter.Promote(s.t.Context(), s.org, key)
		require.NoError(s.t, err)
	}
	_, err := promoter.Promote(s.t.Context(), s.org, "c")
	require.ErrorIs(s.t, err, catalog.ErrPromotionLimit)
	_, err = promoter.Demote(s.t.Context(), s.org, "a")
	require.NoError(s.t, err)
	p, err := promoter.Promote(s.t.Context(), s.org, "c")
	require.NoError(s.t, err)
	require.Equal(s.t, 3, p.Slot, "the first is not empty yet")
}

func promotedApart(s *story) {
	s.tellValues()
	mine, other := s.org, ID("another "+s.org.String())
	s.org = other
	s.tellValues()
	before := s.answers("k")
	s.org = mine
	Promote(s.t, s.store, s.org, "k")
	s.org = other
	list, err := s.promoter().List(s.t.Context(), s.org)
	require.NoError(s.t, err)
	require.Empty(s.t, list)
	equal(s.t, before, s.answers("k"), "of the other organization")
	Promote(s.t, s.store, s.org, "b", "k") // the slot that is the first one's k is b here
	equal(s.t, before, s.answers("k"), "of the other organization, with promotions of its own")
	_, err = s.promoter().Demote(s.t.Context(), s.org, "k")
	require.NoError(s.t, err)
	s.org = mine
	equal(s.t, before, s.answers("k"), "of the first")
	found, err := s.store.Promoting(s.t.Context())
	require.NoError(s.t, err)
	require.Subset(s.t, found, []uuid.UUID{mine, other})
}
