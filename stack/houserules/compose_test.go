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
	Logging struct {
		Driver  string            `yaml:"driver"`
		Options map[string]string `yaml:"options"`
	} `yaml:"logging"`
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

// Without bounds, which Docker has none of by itself, logs fill the disk of the databases.
func TestComposedContainersKeepLogsWithinBounds(t *testing.T) {
	for name, service := range composed(t, open(t)) {
		assert.Equalf(t, "local", service.Logging.Driver, "logging of %s", name)
		assert.NotEmptyf(t, service.Logging.Options["max-size"], "max-size of the log of %s", name)
		assert.NotEmptyf(t, service.Logging.Options["max-file"], "max-file of the log of %s", name)
	}
}
