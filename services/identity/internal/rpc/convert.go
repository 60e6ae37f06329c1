package rpc

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/feed"
)

// errIDInvalid says that an id is no UUID, or the zero one where none may be given. That an id is a UUID the door checks by the contract,
// so it comes up only where a rule is missing there.
var errIDInvalid = fault.New(fault.Invalid, "ID_INVALID", "id is not a UUID")

func parseID(field, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, errIDInvalid.With("%q is not a UUID", text).Field(field)
	}
	return id, nil
}

// parseOptionalID reads an id that may be empty, which is uuid.Nil. The zero UUID is refused: it would be read as none,
// and a client who sends it with all its requests would believe that none of them is done twice.
func parseOptionalID(field, text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := parseID(field, text)
	if err == nil && id == uuid.Nil {
		return uuid.Nil, errIDInvalid.With("%s is the zero UUID", field).Field(field)
	}
	return id, err
}

func mentionFromProto(id *identityv1.Identity, displayName string) identity.Mention {
	return identity.NewMention(identity.Kind(id.GetKind()), id.GetValue(), displayName)
}

// mentionsFromProto refuses values of which nothing is left without surrounding blanks: answers carry none that is empty.
func mentionsFromProto(hints []*identityv1.IdentityHint) ([]identity.Mention, error) {
	mentions := make([]identity.Mention, len(hints))
	for i, hint := range hints {
		mentions[i] = mentionFromProto(hint.GetIdentity(), hint.GetDisplayName())
		if mentions[i].Identity.Value == "" {
			return nil, identity.ErrIdentityValueInvalid.With("value %q is blank", mentions[i].Raw).Field(at("hints", i) + ".identity.value")
		}
	}
	return mentions, nil
}

// linkFromProto fails when the identity may not be linked.
func linkFromProto(req *identityv1.LinkIdentityRequest, actor string) (identity.Link, error) {
	developerID, err := parseID("developer_id", req.GetDeveloperId())
	if err != nil {
		return identity.Link{}, err
	}
	link := identity.Link{
		DeveloperID: developerID,
		Mention:     mentionFromProto(req.GetIdentity(), ""),
		Evidence:    identity.Evidence(req.GetEvidence()),
		Actor:       actor,
		Replace:     req.GetReplace(),
	}
	if req.GetEvidence() == identityv1.Evidence_EVIDENCE_UNSPECIFIED {
		link.Evidence = identity.EvidenceAdministrator
	}
	return link, link.Validate()
}

func mergeFromProto(req *identityv1.MergeDevelopersRequest, actor string) (identity.Merge, error) {
	target, err := parseID("target_id", req.GetTargetId())
	if err != nil {
		return identity.Merge{}, err
	}
	source, err := parseID("source_id", req.GetSourceId())
	if err != nil {
		return identity.Merge{}, err
	}
	return identity.NewMerge(target, source, req.GetReason(), actor)
}

func identityToProto(i identity.Identity) *identityv1.Identity {
	return &identityv1.Identity{Kind: identityv1.IdentityKind(i.Kind), Value: i.Value}
}

func developerToProto(d identity.Developer) *identityv1.Developer {
	developer := &identityv1.Developer{
		Id:          d.ID.String(),
		DisplayName: d.DisplayName,
		CreatedAt:   timestamppb.New(d.CreatedAt),
	}
	for _, linked := range d.Identities {
		developer.Identities = append(developer.Identities, &identityv1.LinkedIdentity{
			Identity: identityToProto(linked.Identity),
			Evidence: identityv1.Evidence(linked.Evidence),
			LinkedAt: timestamppb.New(linked.LinkedAt),
		})
	}
	return developer
}

func organizationToProto(o identity.Organization) *identityv1.Organization {
	return &identityv1.Organization{
		Id:          o.ID.String(),
		Slug:        o.Slug,
		DisplayName: o.DisplayName,
		CreatedAt:   timestamppb.New(o.CreatedAt),
	}
}

func apiKeyToProto(k identity.APIKey) *identityv1.ApiKey {
	return &identityv1.ApiKey{
		Id:          k.ID.String(),
		DisplayName: k.DisplayName,
		Role:        k.Role,
		TokenStart:  k.TokenStart,
		CreatedAt:   timestamppb.New(k.CreatedAt),
		ExpiresAt:   optionalToProto(k.ExpiresAt),
		RevokedAt:   optionalToProto(k.RevokedAt),
		LastUsedAt:  optionalToProto(k.LastUsedAt),
	}
}

func batchToProto(b feed.Batch) *identityv1.WatchIdentitiesResponse {
	res := &identityv1.WatchIdentitiesResponse{Sequence: b.Sequence}
	for _, change := range b.Changes {
		res.Changes = append(res.Changes, &identityv1.IdentityChange{
			Sequence:            change.Sequence,
			OrganizationId:      change.OrganizationID.String(),
			Identity:            identityToProto(change.Identity),
			DeveloperId:         optionalIDToProto(change.DeveloperID),
			PreviousDeveloperId: optionalIDToProto(change.PreviousDeveloperID),
			ChangedAt:           timestamppb.New(change.ChangedAt),
		})
	}
	return res
}

// optionalToProto leaves a zero time out.
func optionalToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// optionalIDToProto writes nobody as the empty text.
func optionalIDToProto(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// listToProto converts each element.
func listToProto[T, M any](items []T, convert func(T) M) []M {
	messages := make([]M, len(items))
	for i, item := range items {
		messages[i] = convert(item)
	}
	return messages
}

// at names the field of one element of a list.
func at(field string, index int) string {
	return fmt.Sprintf("%s[%d]", field, index)
}
