package purl

import (
	"strings"

	"devtrail.dev/kit/fault"
)

// presence says whether a type has a namespace.
type presence uint8

const (
	optional presence = iota
	required
	prohibited
)

// typeRule is what a purl type asks beyond the rules for all. The table is made of the type definitions of
// package-url/purl-spec (types/*-definition.json, MIT license, Copyright (c) the purl authors): requirement,
// case_sensitive and normalization_rules of namespace, name and version.
type typeRule struct {
	namespace      presence
	lowerNamespace bool
	lowerName      bool
	lowerVersion   bool
	qualifier      string                        // a qualifier that must be there
	adjust         func(*Purl)                   // after lower-casing
	check          func(Purl) (complaint string) // "" when it is well formed
}

const typeGit = "git"

var types = map[string]typeRule{
	"alpm":             {namespace: required, lowerNamespace: true, lowerName: true},
	"apk":              {namespace: required, lowerNamespace: true, lowerName: true},
	"bazel":            {namespace: prohibited},
	"bitbucket":        {namespace: required, lowerNamespace: true, lowerName: true},
	"bitnami":          {namespace: prohibited, lowerName: true},
	"brew":             {lowerNamespace: true, lowerName: true},
	"cargo":            {namespace: prohibited},
	"chrome-extension": {namespace: prohibited, lowerName: true, check: checkChrome},
	"cocoapods":        {namespace: prohibited, check: checkPod},
	"composer":         {namespace: required, lowerNamespace: true, lowerName: true},
	"conan":            {},
	"conda":            {namespace: prohibited},
	"cpan":             {check: checkCPAN},
	"cran":             {namespace: prohibited},
	"deb":              {namespace: required, lowerNamespace: true, lowerName: true},
	"docker":           {},
	"gem":              {namespace: prohibited},
	"generic":          {},
	typeGit:            {namespace: required, adjust: adjustGit},
	"github":           {namespace: required, lowerNamespace: true, lowerName: true},
	"golang":           {namespace: required, lowerNamespace: true, lowerName: true},
	"hackage":          {namespace: prohibited},
	"hex":              {lowerNamespace: true, lowerName: true},
	"huggingface":      {namespace: required, lowerVersion: true},
	"julia":            {namespace: prohibited, qualifier: "uuid"},
	"luarocks":         {lowerNamespace: true, lowerName: true},
	"maven":            {namespace: required},
	"mlflow":           {namespace: prohibited},
	"npm":              {},
	"nuget":            {namespace: prohibited},
	"oci":              {namespace: prohibited, lowerName: true, lowerVersion: true},
	"opam":             {namespace: prohibited},
	"otp":              {namespace: prohibited, lowerName: true},
	"pub":              {namespace: prohibited, lowerName: true, adjust: adjustPub},
	"pypi":             {namespace: prohibited, lowerName: true, lowerVersion: true, adjust: adjustPyPI},
	"qpkg":             {namespace: required, lowerNamespace: true},
	"rpm":              {namespace: required, lowerNamespace: true},
	"swid":             {qualifier: "tag_id", adjust: adjustSWID},
	"swift":            {namespace: required},
	"vcpkg":            {namespace: prohibited},
	"vscode-extension": {namespace: required, lowerNamespace: true, lowerName: true, lowerVersion: true},
	"yocto":            {lowerNamespace: true},
}

// apply brings p into the canonical form of its type. Types that the table does not know keep their case.
func (r typeRule) apply(p *Purl) error {
	if r.lowerNamespace {
		p.Namespace = strings.ToLower(p.Namespace)
	}
	if r.lowerName {
		p.Name = strings.ToLower(p.Name)
	}
	if r.lowerVersion {
		p.Version = strings.ToLower(p.Version)
	}
	if r.adjust != nil {
		r.adjust(p)
	}
	switch {
	case r.namespace == required && p.Namespace == "":
		return invalid("type %q needs a namespace", p.Type)
	case r.namespace == prohibited && p.Namespace != "":
		return invalid("type %q has no namespace, got %q", p.Type, p.Namespace)
	case r.qualifier != "" && value(p.Qualifiers, r.qualifier) == "":
		return invalid("type %q needs the qualifier %q", p.Type, r.qualifier)
	}
	if r.check != nil {
		if complaint := r.check(*p); complaint != "" {
			return invalid("%s", complaint)
		}
	}
	return nil
}

func invalid(format string, args ...any) *fault.Fault { return ErrInvalid.With(format, args...) }

func value(qs Qualifiers, key string) string {
	for _, q := range qs {
		if q.Key == key {
			return q.Value
		}
	}
	return ""
}
