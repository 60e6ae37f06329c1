module devtrail.dev/bench

go 1.26.3

require (
	devtrail.dev/proto v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	google.golang.org/grpc v1.85.0
)

require (
	devtrail.dev/kit v0.0.0-00010101000000-000000000000 // indirect
	github.com/pganalyze/pg_query_go/v6 v6.2.5 // indirect
	github.com/tetratelabs/wazero v1.12.0 // indirect
	github.com/wasilibs/go-pgquery v0.0.0-20260728010200-155ebad2880e // indirect
	github.com/wasilibs/wazero-helpers v0.0.0-20250123031827-cd30c44769bb // indirect
)

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.12-20260825204119-511051f7f437.1 // indirect
	devtrail.dev/services/migrations v0.0.0-00010101000000-000000000000
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260825221802-da73d73af1c5 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	devtrail.dev/kit => ../kit
	devtrail.dev/proto => ../proto
	devtrail.dev/stack/engines => ../stack/engines
)

replace devtrail.dev/services/events => ../services/events

replace devtrail.dev/services/identity => ../services/identity

replace devtrail.dev/services/migrations => ../services/migrations

replace devtrail.dev/services/packages => ../services/packages

replace devtrail.dev/stack => ../stack
