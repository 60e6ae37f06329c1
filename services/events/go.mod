module devtrail.dev/services/events

go 1.26.0

require (
	devtrail.dev/kit v0.0.0-00010101000000-000000000000
	devtrail.dev/proto v0.0.0-00010101000000-000000000000
	github.com/ClickHouse/clickhouse-go/v2 v2.50.0
	github.com/google/go-cmp v0.7.0
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/prometheus/client_golang v1.23.2
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
	golang.org/x/sync v0.23.0
	google.golang.org/grpc v1.85.0
	google.golang.org/protobuf v1.36.12
)

replace (
	devtrail.dev/kit => ../../kit
	devtrail.dev/proto => ../../proto
	devtrail.dev/stack/engines => ../../stack/engines
)
