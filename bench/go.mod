module devtrail.dev/bench

go 1.26.3

require (
	devtrail.dev/kit v0.0.0-00010101000000-000000000000
	devtrail.dev/proto v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	google.golang.org/grpc v1.85.0
)

replace (
	devtrail.dev/kit => ../kit
	devtrail.dev/proto => ../proto
	devtrail.dev/stack/engines => ../stack/engines
)
