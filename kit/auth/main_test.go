package auth_test

import (
	"testing"

	"devtrail.dev/kit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
