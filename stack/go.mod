module devtrail.dev/stack

go 1.26.0

require (
	devtrail.dev/proto v0.0.0-00010101000000-000000000000
	google.golang.org/grpc v1.85.0
	google.golang.org/protobuf v1.36.12
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace (
	devtrail.dev/kit => ../kit
	devtrail.dev/proto => ../proto
	devtrail.dev/services/events => ../services/events
	devtrail.dev/services/identity => ../services/identity
	devtrail.dev/services/migrations => ../services/migrations
	devtrail.dev/services/packages => ../services/packages
	devtrail.dev/stack/engines => ./engines
)
