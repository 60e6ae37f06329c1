package houserules

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	_ "devtrail.dev/proto/gen/devtrail/events/v1"
	_ "devtrail.dev/proto/gen/devtrail/identity/v1"
	_ "devtrail.dev/proto/gen/devtrail/migrations/v1"
	_ "devtrail.dev/proto/gen/devtrail/packages/v1"
)

func TestEveryRPCSaysWhoMayCallIt(t *testing.T) {
	count := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(file.Path(), "devtrail/") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				method := methods.Get(j)
				count++
				access, _ := proto.GetExtension(method.Options(), accessv1.E_Access).(*accessv1.Access)
				assert.NotEmptyf(t, access.GetRoles(), "%s: declare option (devtrail.access.v1.access); its server refuses to start without", method.FullName())
				assert.NotContainsf(t, access.GetRoles(), accessv1.Role_ROLE_UNSPECIFIED, "%s: ROLE_UNSPECIFIED is not a role", method.FullName())
			}
		}
		return true
	})
	require.Positive(t, count)
}

func TestEveryContractHasGeneratedCode(t *testing.T) {
	tree := open(t)
	for _, file := range tree.files("*.proto") {
		name, ok := strings.CutPrefix(file, "proto/")
		if !ok || !strings.HasPrefix(name, "devtrail/") {
			continue
		}
		_, err := protoregistry.GlobalFiles.FindFileByPath(name)
		assert.NoErrorf(t, err, "%s: run `just gen`; a new package is also imported in %s", file, "stack/houserules/contracts_test.go")
	}
}

var verb = regexp.MustCompile(`^[A-Z][a-z]+`)

// TestEveryRPCStandsInItsREADME takes "`Create...` of `Action`" for CreateAction as well.
func TestEveryRPCStandsInItsREADME(t *testing.T) {
	tree := open(t)
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		service, ok := strings.CutPrefix(file.Path(), "devtrail/")
		if !ok || file.Services().Len() == 0 {
			return true
		}
		service, _, _ = strings.Cut(service, "/")
		readme := tree.mustRead(t, "services/"+service+"/README.md")
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				name := string(methods.Get(j).Name())
				does := verb.FindString(name)
				noun := strings.TrimSuffix(strings.TrimPrefix(name, does), "s")
				told := strings.Contains(readme, name) || strings.Contains(readme, does+"...`") && strings.Contains(readme, noun)
				assert.Truef(t, told, "services/%s/README.md does not tell of %s", service, methods.Get(j).FullName())
			}
		}
		return true
	})
}
