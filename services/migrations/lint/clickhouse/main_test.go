package clickhouse

import (
	"testing"

	"devtrail.dev/kit/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
