package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"devtrail.dev/kit/auth"
)

const keysFile = "keys.json"

// keys are the credentials of an installation, made once and kept in the data
// folder with mode 0600.
type keys struct {
	Admin    string `json:"admin"`    // of the first organization
	Ingest   string `json:"ingest"`   // of the first organization
	Operator string `json:"operator"` // of whoever runs the installation
	Service  string `json:"service"`  // of the services among themselves
}

// loadKeys reads the file and makes the keys that it has not.
func loadKeys(path string) (keys, error) {
	var k keys
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err == nil {
		if err := json.Unmarshal(data, &k); err != nil {
			return k, fmt.Errorf("%s: %w: repair it, or remove it for new keys", path, err)
		}
	}
	before := k
	for key, prefix := range map[*string]string{
		&k.Admin: auth.PrefixKey, &k.Ingest: auth.PrefixIngest, &k.Operator: auth.PrefixOperator, &k.Service: auth.PrefixService,
	} {
		if *key == "" {
			*key = auth.NewToken(prefix)
		}
	}
	if k == before {
		return k, nil
	}
	return k, writePrivate(path, k)
}

// public are the keys that people and tools on this machine use.
func (k keys) public() map[string]string {
	return map[string]string{"admin": k.Admin, "ingest": k.Ingest, "operator": k.Operator}
}
