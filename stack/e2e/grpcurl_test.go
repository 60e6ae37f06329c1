package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/stack"
)

const grpcurlPackage = "github.com/fullstorydev/grpcurl/cmd/grpcurl"

// shell runs a line as pasted, with the real grpcurl on the path.
func shell(tb testing.TB, line string, env map[string]string) (string, error) {
	tb.Helper()
	bin := filepath.Dir(build(tb, grpcurlPackage))
	cmd := exec.CommandContext(tb.Context(), "sh", "-e", "-c", line)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// grpcurl calls a method with a key, "" for none, and more arguments in front.
func grpcurl(tb testing.TB, key, address, data, name string, more ...string) (string, error) {
	tb.Helper()
	args := append([]string{"-plaintext"}, more...)
	if key != "" {
		args = append(args, "-H", "authorization: Bearer "+key)
	}
	if data != "" {
		args = append(args, "-d", data)
	}
	out, err := exec.CommandContext(tb.Context(), build(tb, grpcurlPackage), append(args, address, name)...).CombinedOutput()
	return string(out), err
}

// reads is a call of each service that an admin key may make and an ingest key
// may not.
var reads = map[string]struct{ service, method, data string }{
	"events":     {"devtrail.events.v1.EventService", "ListEvents", `{"page_size": 1}`},
	"identity":   {"devtrail.identity.v1.DeveloperService", "ListDevelopers", `{"page_size": 1}`},
	"migrations": {"devtrail.migrations.v1.MigrationService", "GetStatus", ""},
	"packages":   {"devtrail.packages.v1.PackageService", "LookupPurls", `{"purls": ["pkg:npm/left-pad"]}`},
}

func TestGrpcurlAgainstEachService(t *testing.T) {
	r := sharedSuite(t)
	other := newTenant(t, r)
	admin, ingest := r.State.Keys["admin"], r.State.Keys["ingest"]
	for _, name := range slices.Sorted(maps.Keys(reads)) {
		read, address := reads[name], r.State.Endpoints[name]
		full := read.service + "/" + read.method
		run := func(title string, check func(t *testing.T)) { t.Run(name+" "+title, check) }
		run("lists its services", func(t *testing.T) {
			out, err := grpcurl(t, "", address, "", "list")
			require.NoError(t, err, out)
			require.Contains(t, out, read.service)
			require.Contains(t, out, "grpc.health.v1.Health")
		})
		run("describes itself", func(t *testing.T) {
			out, err := shell(t, "grpcurl -plaintext "+address+" describe "+read.service, nil)
			require.NoError(t, err, out)
			require.Contains(t, out, "rpc "+read.method)
		})
		run("answers the printed key", func(t *testing.T) {
			out, err := grpcurl(t, admin, address, read.data, full)
			require.NoError(t, err, out)
		})
		for title, c := range map[string]struct {
			key, want string
			more      []string
		}{
			"refuses a call without a key":    {key: "", want: "Code: Unauthenticated"},
			"refuses an unknown key":          {key: admin[:len(admin)-1] + "x", want: "Code: Unauthenticated"},
			"refuses an ingest key":           {key: ingest, want: "Code: PermissionDenied"},
			"does not know the other tenants": {key: admin, want: "Code: NotFound", more: []string{"-H", "x-devtrail-organization: " + other.id}},
		} {
			run(title, func(t *testing.T) {
				out, err := grpcurl(t, c.key, address, read.data, full, c.more...)
				require.Error(t, err, out)
				require.Contains(t, out, c.want)
			})
		}
	}
}

func TestGrpcurlNamesTheFieldOfABadPurl(t *testing.T) {
	r := sharedSuite(t)
	for name, full := range map[string]string{
		"events":   "devtrail.events.v1.EventService/GetExposure",
		"packages": "devtrail.packages.v1.PackageService/GetPackage",
	} {
		out, err := grpcurl(t, r.State.Keys["admin"], r.State.Endpoints[name], `{"purl": "left-pad@1.0"}`, full)
		require.Error(t, err)
		require.Contains(t, out, "Code: InvalidArgument")
		require.Contains(t, out, `"field": "purl"`)
	}
}

func TestThePrintedLinesWorkWhenPasted(t *testing.T) {
	lines := stack.Examples(sharedSuite(t).State)
	require.Len(t, lines, 3)
	for _, line := range lines {
		out, err := shell(t, line, nil)
		require.NoError(t, err, "%s\n%s", line, out)
	}
}

var shBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// usual are the addresses that documents name.
var usual = map[string]string{"7401": "migrations", "7402": "identity", "7403": "packages", "7404": "events"}

func TestTheExamplesOfTheReadmesWork(t *testing.T) {
	r := sharedSuite(t)
	env := map[string]string{}
	for name, token := range r.State.Keys {
		env[strings.ToUpper(name)+"_KEY"] = token
	}
	readmes, err := filepath.Glob("../../services/*/README.md")
	require.NoError(t, err)
	require.Len(t, readmes, 4)
	for _, path := range readmes {
		service := filepath.Base(filepath.Dir(path))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		count := 0
		for _, block := range shBlock.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(block[1], "grpcurl") {
				continue
			}
			count++
			line := block[1]
			for port, name := range usual {
				line = regexp.MustCompile(`(localhost|127\.0\.0\.1):`+port).ReplaceAllString(line, r.State.Endpoints[name])
			}
			t.Run(service, func(t *testing.T) {
				out, err := shell(t, line, env)
				require.NoError(t, err, "%s\n%s", line, out)
			})
		}
		require.Positive(t, count, "%s has no ```sh block with grpcurl", path)
	}
}
