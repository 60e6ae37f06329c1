package env_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/env"
)

type door struct {
	Address string        `env:"ADDRESS"`
	Grace   time.Duration `env:"GRACE_PERIOD" envDefault:"10s"`
}

type config struct {
	Door     door     `envPrefix:"T_"`
	Database string   `env:"T_DATABASE_URL,required"`
	Keys     []string `env:"SERVICE_KEY" secret:"true"`
	Level    string   `env:"LOG_LEVEL" envDefault:"info"`
	Workers  int      `env:"T_WORKERS" envDefault:"4"`
	bad      error
}

func (c config) Validate() error {
	if c.Workers < 0 {
		return errors.New("T_WORKERS is negative")
	}
	return c.bad
}

func getenv(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func file(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "value")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestLoad(t *testing.T) {
	got, err := env.Load(getenv(map[string]string{
		"T_DATABASE_URL": "postgres://h/db", "SERVICE_KEY": "a,b", "T_ADDRESS": "", "T_WORKERS": "8",
	}), config{Door: door{Address: "127.0.0.1:1"}})
	require.NoError(t, err)
	assert.Equal(t, config{
		Door:     door{"127.0.0.1:1", 10 * time.Second},
		Database: "postgres://h/db", Keys: []string{"a", "b"}, Level: "info", Workers: 8,
	}, got)
}

func TestValuesToBeginWithWinOverTags(t *testing.T) {
	begin := config{Door: door{Grace: time.Minute}, Workers: 9}
	got, err := env.Load(getenv(map[string]string{"T_DATABASE_URL": "x"}), begin)
	require.NoError(t, err)
	assert.Equal(t, config{Door: door{Grace: time.Minute}, Database: "x", Level: "info", Workers: 9}, got)
	got, err = env.Load(getenv(map[string]string{"T_DATABASE_URL": "x", "T_GRACE_PERIOD": "1s", "T_WORKERS": "0"}), begin)
	require.NoError(t, err)
	assert.Equal(t, config{Door: door{Grace: time.Second}, Database: "x", Level: "info"}, got, "what is given wins over both")
}

func TestFile(t *testing.T) {
	got, err := env.Load[config](getenv(map[string]string{
		"T_DATABASE_URL_FILE": file(t, "postgres://h/db\r\n"), "T_ADDRESS_FILE": file(t, "h:1"), "SERVICE_KEY_FILE": file(t, "k\n"),
	}))
	require.NoError(t, err)
	assert.Equal(t, "postgres://h/db", got.Database)
	assert.Equal(t, "h:1", got.Door.Address)
	assert.Equal(t, []string{"k"}, got.Keys)
}

func TestAllMistakesAreTold(t *testing.T) {
	_, err := env.Load[config](getenv(map[string]string{
		"T_WORKERS": "many", "T_GRACE_PERIOD": "long", "LOG_LEVEL": "debug", "LOG_LEVEL_FILE": "/x", "SERVICE_KEY_FILE": "/does/not/exist",
	}))
	require.Error(t, err)
	for _, want := range []string{"T_DATABASE_URL is required", "T_WORKERS is no int", "T_GRACE_PERIOD is no time.Duration", "LOG_LEVEL and LOG_LEVEL_FILE", "SERVICE_KEY_FILE"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestUnreadableFileIsToldOnce(t *testing.T) {
	_, err := env.Load[config](getenv(map[string]string{"T_DATABASE_URL_FILE": "/does/not/exist"}))
	require.ErrorContains(t, err, "T_DATABASE_URL_FILE")
	assert.NotContains(t, err.Error(), "required")
}

func TestValidateIsCalled(t *testing.T) {
	_, err := env.Load[config](getenv(map[string]string{"T_DATABASE_URL": "x", "T_WORKERS": "-1"}))
	require.EqualError(t, err, "T_WORKERS is negative")
}

func TestLogValue(t *testing.T) {
	shown := map[string]string{}
	for _, a := range env.LogValue(&config{
		Door: door{Address: "h:1", Grace: time.Second}, Database: "postgres://u:secret@h/db", Keys: []string{"secret"}, Level: "host=h password=secret", Workers: 2,
	}).Group() {
		shown[a.Key] = a.Value.String()
	}
	assert.Equal(t, map[string]string{
		"T_ADDRESS": "h:1", "T_GRACE_PERIOD": "1s", "T_DATABASE_URL": "postgres://u:xxxxx@h/db",
		"SERVICE_KEY": "[hidden]", "LOG_LEVEL": "[hidden]", "T_WORKERS": "2",
	}, shown)
	assert.Equal(t, "[hidden]", env.LogValue(config{Database: "postgres://u:se%zz@h"}).Group()[2].Value.String())
	assert.Empty(t, env.LogValue(config{}).Group()[3].Value.String())
	assert.Empty(t, env.LogValue((*config)(nil)).Group())
	assert.Empty(t, env.LogValue(3).Group())
}
