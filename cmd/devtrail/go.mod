module devtrail.dev/cmd/devtrail

go 1.26.0

replace (
	devtrail.dev/kit => ../../kit
	devtrail.dev/proto => ../../proto
	devtrail.dev/services/events => ../../services/events
	devtrail.dev/services/identity => ../../services/identity
	devtrail.dev/services/migrations => ../../services/migrations
	devtrail.dev/services/packages => ../../services/packages
	devtrail.dev/stack => ../../stack
	devtrail.dev/stack/engines => ../../stack/engines
)
