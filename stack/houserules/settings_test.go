package houserules

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// notComposed are settings of events that docker-compose.yml leaves at their defaults, and why.
var notComposed = map[string]string{
	"EVENTS_GRACE_PERIOD":      "it must stay below stop_grace_period",
	"EVENTS_MAX_MESSAGE_BYTES": "the default holds the largest batch",
	"EVENTS_NATS_CREDENTIALS":  "the suite of the file runs on one machine and has no brokers",
	"EVENTS_NATS_INSTANCE":     "likewise",
	"EVENTS_NATS_LEASE":        "likewise",
	"EVENTS_NATS_REPLICAS":     "likewise",
	"EVENTS_NATS_STREAM":       "likewise",
	"EVENTS_NATS_URL":          "likewise",
	"EVENTS_QUEUE":             "likewise",
}

var (
	settingName = regexp.MustCompile("`(EVENTS_[A-Z_]+)`")
	metricName  = regexp.MustCompile(`\bdevtrail_(?:rpc|http|hooks?|events|migrations)(?:_[a-z]+)*\b`)
	notMetric   = regexp.MustCompile(`^devtrail_(events|migrations)$`)
	histogram   = regexp.MustCompile(`(_seconds)_(bucket|count|sum)$`)
)

func TestComposePassesWhatAnOperatorSets(t *testing.T) {
	tree := open(t)
	compose := tree.mustRead(t, "docker-compose.yml")
	_, table, found := strings.Cut(tree.mustRead(t, "services/events/README.md"), "\n## Settings\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	count := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range settingName.FindAllStringSubmatch(cells[1], -1) {
			count++
			if notComposed[m[1]] != "" {
				continue
			}
			assert.Containsf(t, compose, "\n      "+m[1]+":", "docker-compose.yml does not pass %s to events: pass it, or say in %s why not", m[1], "stack/houserules/settings_test.go")
		}
	}
	require.Greater(t, count, 30)
}

// The image's user is one of a file, which makes no others unless it is told to.
func TestComposeLetsTheUserOfGrafanaBeMade(t *testing.T) {
	tree := open(t)
	require.Contains(t, tree.mustRead(t, "deploy/grafana/README.md"), "CREATE USER grafana")
	_, clickhouse, found := strings.Cut(tree.mustRead(t, "docker-compose.yml"), "\n  clickhouse:\n")
	require.True(t, found)
	clickhouse, _, _ = strings.Cut(clickhouse, "\n\n")
	require.Contains(t, clickhouse, "\n      CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT: 1")
}

func TestMetricsInDocumentsExist(t *testing.T) {
	tree := open(t)
	var code strings.Builder
	for _, file := range tree.files("*.go") {
		if !strings.HasSuffix(file, "_test.go") {
			code.WriteString(tree.mustRead(t, file))
		}
	}
	made := code.String()
	count := 0
	for _, file := range append(tree.files("*.md"), tree.files("*.yml")...) {
		for _, name := range metricName.FindAllString(tree.mustRead(t, file), -1) {
			if notMetric.MatchString(name) {
				continue
			}
			count++
			assert.Containsf(t, made, `"`+histogram.ReplaceAllString(name, "$1")+`"`, "%s names the metric %s, which nobody makes", file, name)
		}
	}
	require.Positive(t, count)
}
