module devtrail.dev/cmd/devtrail

go 1.26.0

require (
	devtrail.dev/bench v0.0.0-00010101000000-000000000000
	devtrail.dev/kit v0.0.0-00010101000000-000000000000
	devtrail.dev/proto v0.0.0-00010101000000-000000000000
	devtrail.dev/services/packages v0.0.0-00010101000000-000000000000
	devtrail.dev/stack v0.0.0-00010101000000-000000000000
	github.com/google/go-cmp v0.7.0
	github.com/google/uuid v1.6.0
	github.com/schollz/progressbar/v3 v3.19.0
	github.com/spf13/cobra v1.10.2
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
	golang.org/x/sync v0.23.0
	golang.org/x/term v0.46.0
	google.golang.org/grpc v1.85.0
	google.golang.org/protobuf v1.36.12
	pgregory.net/rapid v1.2.0
)

replace (
	devtrail.dev/bench => ../../bench
	devtrail.dev/kit => ../../kit
	devtrail.dev/proto => ../../proto
	devtrail.dev/services/events => ../../services/events
	devtrail.dev/services/identity => ../../services/identity
	devtrail.dev/services/migrations => ../../services/migrations
	devtrail.dev/services/packages => ../../services/packages
	devtrail.dev/stack => ../../stack
	devtrail.dev/stack/engines => ../../stack/engines
)
