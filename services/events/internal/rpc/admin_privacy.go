package rpc

import (
	"context"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// GetPrivacyRules returns the rules of the caller's organization.
func (s *adminServer) GetPrivacyRules(ctx context.Context, _ *eventsv1.GetPrivacyRulesRequest) (*eventsv1.GetPrivacyRulesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.privacy.Get(ctx, org)
	if err != nil {
		return nil, err
	}
	return &eventsv1.GetPrivacyRulesResponse{PrivacyRules: privacyToProto(p)}, nil
}

// SetPrivacyRules replaces them.
func (s *adminServer) SetPrivacyRules(ctx context.Context, req *eventsv1.SetPrivacyRulesRequest) (*eventsv1.SetPrivacyRulesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	caller, _ := auth.FromContext(ctx)
	p, err := s.privacy.Set(ctx, org, req.GetPrivacyRules().GetRevision(), privacyFromProto(req.GetPrivacyRules()), caller.CredentialID)
	if err != nil {
		return nil, err
	}
	return &eventsv1.SetPrivacyRulesResponse{PrivacyRules: privacyToProto(p)}, nil
}

func privacyFromProto(m *eventsv1.PrivacyRules) []events.PrivacyRule {
	rules := make([]events.PrivacyRule, len(m.GetRules()))
	for i, r := range m.GetRules() {
		rules[i] = events.PrivacyRule{Action: events.PrivacyAction(r.GetAction()), Field: events.PrivacyField(r.GetField()), Property: r.GetProperty()}
	}
	return rules
}

// privacyToProto leaves the key where it is.
func privacyToProto(p events.Privacy) *eventsv1.PrivacyRules {
	m := &eventsv1.PrivacyRules{Revision: p.Revision}
	for _, r := range p.Rules {
		rule := &eventsv1.PrivacyRule{Action: eventsv1.PrivacyAction(r.Action)}
		if r.Property != "" {
			rule.Target = &eventsv1.PrivacyRule_Property{Property: r.Property}
		} else {
			rule.Target = &eventsv1.PrivacyRule_Field{Field: eventsv1.PrivacyField(r.Field)}
		}
		m.Rules = append(m.Rules, rule)
	}
	return m
}
