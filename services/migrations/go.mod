module devtrail.dev/services/migrations

go 1.26.0

replace (
	devtrail.dev/kit => ../../kit
	devtrail.dev/proto => ../../proto
	devtrail.dev/services/events => ../events
	devtrail.dev/services/identity => ../identity
	devtrail.dev/services/packages => ../packages
	devtrail.dev/stack/engines => ../../stack/engines
)
