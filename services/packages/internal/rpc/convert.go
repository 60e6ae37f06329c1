package rpc

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
	"devtrail.dev/services/packages"
)

// purlFromText reads a request's field purl.
func purlFromText(text string) (purl.Purl, error) {
	p, err := purl.Parse(text)
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return purl.Purl{}, f.Field("purl")
	}
	return p, err
}

// errTextInvalid says that a text has what no database text can hold.
var errTextInvalid = fault.New(fault.Invalid, "TEXT_INVALID", "the text has a zero byte")

// text is one of a request, with the name of its field.
type text struct{ field, value string }

// checkText refuses zero bytes, which Postgres cannot keep in a text.
func checkText(texts ...text) error {
	for _, t := range texts {
		if hasZero(t.value) {
			return errTextInvalid.With("%s %q has a zero byte", t.field, t.value).Field(t.field)
		}
	}
	return nil
}

func hasZero(text string) bool { return strings.ContainsRune(text, 0) }

func packageToProto(p packages.Package) *packagesv1.Package {
	return &packagesv1.Package{
		Purl:         p.Purl,
		Type:         p.Type,
		Namespace:    p.Namespace,
		Name:         p.Name,
		FirstSeenAt:  timestamppb.New(p.FirstSeenAt),
		VersionCount: int32(p.VersionCount),
		ProjectCount: int32(p.ProjectCount),
	}
}

func versionToProto(p purl.Purl, v packages.Version) *packagesv1.PackageVersion {
	return &packagesv1.PackageVersion{
		Purl:        packages.VersionPurl(p, v.Version),
		Version:     v.Version,
		FirstSeenAt: timestamppb.New(v.FirstSeenAt),
	}
}

func matchToProto(m packages.Match) *packagesv1.PurlMatch {
	match := &packagesv1.PurlMatch{RequestedPurl: m.Requested, Purl: m.Purl, Reason: m.Reason}
	switch {
	case m.IsInvalid():
		match.Status = packagesv1.MatchStatus_MATCH_STATUS_INVALID
	case m.Package == nil:
		match.Status = packagesv1.MatchStatus_MATCH_STATUS_MISSING
	default:
		match.Status = packagesv1.MatchStatus_MATCH_STATUS_MATCHED
		match.Package = packageToProto(*m.Package)
	}
	return match
}
