module devtrail.dev/services/packages

go 1.26.0

replace (
	devtrail.dev/kit => ../../kit
	devtrail.dev/proto => ../../proto
	devtrail.dev/stack/engines => ../../stack/engines
)
