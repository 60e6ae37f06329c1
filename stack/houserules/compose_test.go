package houserules

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// container is what these rules ask of a service of docker-compose.yml.
type container struct {
	Build       any `yaml:"build"` // of what is ours
	Healthcheck *struct {
		StartPeriod string `yaml:"start_period"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

func composed(t *testing.T, tree Tree) map[string]container {
	t.Helper()
	var file struct {
		Services map[string]container `yaml:"services"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(tree.mustRead(t, "docker-compose.yml")), &file))
	require.Len(t, file.Services, 6)
	return file.Services
}

// What is not healthy in time ends the start of all that wait for it: migrations is not while files wait to be applied by hand, or take long.
func TestComposedServicesDoNotWaitForEachOther(t *testing.T) {
	services := composed(t, open(t))
	for name, service := range services {
		for other, wait := range service.DependsOn {
			if services[other].Build != nil {
				assert.Equalf(t, "service_started", wait.Condition, "%s waits for %s: each service says itself when it is ready", name, other)
			}
		}
	}
}

var startPeriod = regexp.MustCompile(`(?m)^HEALTHCHECK .*--start-period=(\S+)`)

// A migration, or the recovery of a database, takes as long as there is data; the first success ends the period.
func TestComposedContainersHaveAnHourToStart(t *testing.T) {
	tree := open(t)
	image := startPeriod.FindStringSubmatch(tree.mustRead(t, "Dockerfile"))
	require.NotNil(t, image)
	for name, service := range composed(t, tree) {
		period := image[1]
		if service.Build == nil {
			require.NotNilf(t, service.Healthcheck, "%s has no health check", name)
			period = service.Healthcheck.StartPeriod
		}
		took, err := time.ParseDuration(period)
		require.NoErrorf(t, err, "start_period of %s", name)
		assert.GreaterOrEqualf(t, took, time.Hour, "start_period of %s", name)
	}
}
