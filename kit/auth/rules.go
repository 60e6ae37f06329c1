package auth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

// open services are answered to everybody: probes and tools ask them before they hold a credential.
var open = []string{"grpc.health.v1.", "grpc.reflection."}

// rule is what one RPC asks of its callers.
type rule struct {
	roles          []Role
	noOrganization bool
}

// Rules are the access rules of a server's RPCs by full method, "/package.Service/Method".
type Rules struct{ byMethod map[string]rule }

// Foreign are the rules of RPCs whose contracts are somebody else's and cannot hold our option, by full method.
type Foreign map[string]*accessv1.Access

// NewRules reads the rules of the registered services (grpc.Server.GetServiceInfo) from their method options, and those of foreign services
// from the map, which may be nil. An RPC without a rule, with no role or with an unspecified one is an error that names it; so is a foreign rule
// of an RPC that is not registered, or that has a rule of its own.
func NewRules(services map[string]grpc.ServiceInfo, foreign Foreign) (Rules, error) {
	rules := Rules{byMethod: make(map[string]rule)}
	var mistakes []error
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if isOpen(name + "/") {
			continue
		}
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("service %q has no descriptor: %w", name, err))
			continue
		}
		service, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			mistakes = append(mistakes, fmt.Errorf("%q is not a service", name))
			continue
		}
		mistakes = append(mistakes, rules.add(service, foreign)...)
	}
	for _, full := range slices.Sorted(maps.Keys(foreign)) {
		if _, ok := rules.byMethod[full]; !ok {
			mistakes = append(mistakes, fmt.Errorf("%s has a foreign access rule, and is not registered or not well ruled", full))
		}
	}
	return rules, errors.Join(mistakes...)
}

func (r Rules) add(service protoreflect.ServiceDescriptor, foreign Foreign) (mistakes []error) {
	for i := range service.Methods().Len() {
		m := service.Methods().Get(i)
		full := "/" + string(service.FullName()) + "/" + string(m.Name())
		access, _ := proto.GetExtension(m.Options(), accessv1.E_Access).(*accessv1.Access)
		if rule, ok := foreign[full]; ok {
			if access != nil {
				mistakes = append(mistakes, fmt.Errorf("%s has an access rule of its own: it can have no foreign one", full))
				continue
			}
			access = rule
		}
		roles := access.GetRoles()
		if len(roles) == 0 || slices.Contains(roles, accessv1.Role_ROLE_UNSPECIFIED) {
			mistakes = append(mistakes, fmt.Errorf("%s has no access rule: give it option (devtrail.access.v1.access) with its roles", full))
			continue
		}
		r.byMethod[full] = rule{roles: roles, noOrganization: access.GetNoOrganization()}
	}
	return mistakes
}

// Open tells whether the method is answered without a credential.
func (r Rules) Open(fullMethod string) bool { return isOpen(strings.TrimPrefix(fullMethod, "/")) }

func isOpen(method string) bool {
	return slices.ContainsFunc(open, func(prefix string) bool { return strings.HasPrefix(method, prefix) })
}

// Authorize is nil when the caller's role may use the method, else ErrRole.
func (r Rules) Authorize(fullMethod string, c Caller) error {
	rule, ok := r.byMethod[fullMethod]
	if !ok {
		return fault.New(fault.Denied, "METHOD_UNKNOWN", "no access rule for "+fullMethod)
	}
	for _, role := range rule.roles {
		if Includes(c.Role, role) {
			return nil
		}
	}
	return ErrRole.With("a caller with %s may not use %s", c.Role, fullMethod)
}

// Place settles the organization the caller works in. Named is the value of HeaderOrganization. The key of an
// organization works in its own and may name no other; operators and services must name one unless the method
// works across organizations.
func (r Rules) Place(fullMethod string, c Caller, named string) (Caller, error) {
	if named != "" {
		id, err := uuid.Parse(named)
		if err != nil || len(named) != 36 {
			return c, ErrOrganizationInvalid
		}
		named = id.String()
	}
	switch {
	case c.OrganizationID != "":
		if named != "" && named != c.OrganizationID {
			return c, ErrOrganizationNotFound
		}
	case named == "" && !r.byMethod[fullMethod].noOrganization:
		return c, ErrOrganizationMissing
	default:
		c.OrganizationID = named
	}
	return c, nil
}

// Includes tells whether a caller with role has may do what role wants may: owner includes admin, admin includes
// analyst and ingest, operator includes every role of an organization, service is included by nobody else.
func Includes(has, wants Role) bool {
	if has == wants {
		return has != accessv1.Role_ROLE_UNSPECIFIED
	}
	switch has {
	case accessv1.Role_ROLE_OPERATOR:
		return wants == accessv1.Role_ROLE_OWNER || Includes(accessv1.Role_ROLE_OWNER, wants)
	case accessv1.Role_ROLE_OWNER:
		return wants == accessv1.Role_ROLE_ADMIN || Includes(accessv1.Role_ROLE_ADMIN, wants)
	case accessv1.Role_ROLE_ADMIN:
		return wants == accessv1.Role_ROLE_ANALYST || wants == accessv1.Role_ROLE_INGEST
	}
	return false
}
