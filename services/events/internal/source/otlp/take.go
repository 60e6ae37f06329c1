package otlp

import (
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"

	"devtrail.dev/services/events/internal/ingest"
)

// Take hands the drafts of a request to what keeps them, some at a time, and returns the answer. An error of it ends the taking: the exporter sends the
// whole request again, of which what was kept counts once.
func Take(
	request *collectorv1.ExportLogsServiceRequest, sender Sender, keep func([]ingest.Draft) ([]ingest.Result, error),
) (*collectorv1.ExportLogsServiceResponse, error) {
	answer := &collectorv1.ExportLogsServiceResponse{}
	for export := range Read(request, sender) {
		results, err := keep(export.Drafts)
		if err != nil {
			return nil, err
		}
		export.Answer(results, answer)
	}
	return answer, nil
}

// Answer adds to an answer of which records something was rejected; the exporter must not send those again. The message is that of the first.
func (e Export) Answer(results []ingest.Result, to *collectorv1.ExportLogsServiceResponse) {
	last := -1
	for i, r := range results {
		if r.Status != ingest.Rejected {
			continue
		}
		if to.PartialSuccess == nil {
			to.PartialSuccess = &collectorv1.ExportLogsPartialSuccess{}
		}
		if to.PartialSuccess.ErrorMessage == "" && r.Err != nil {
			to.PartialSuccess.ErrorMessage = r.Err.Error()
		}
		if e.Records[i] != last {
			to.PartialSuccess.RejectedLogRecords++
			last = e.Records[i]
		}
	}
}
