module devtrail.dev/kit

go 1.26.0

replace (
	devtrail.dev/proto => ../proto
	devtrail.dev/stack/engines => ../stack/engines
)
