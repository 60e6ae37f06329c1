package ingest

import "context"

// Receipt is for a request that was submitted.
type Receipt struct {
	intake  *Intake
	batch   *batch
	waiting *submission // nil when there is nothing to wait for
}

// Await returns what became of the events, as Take does, as soon as they are where their sender wants them. It must be called once. The results are not to be
// read after Release.
func (r Receipt) Await(ctx context.Context) ([]Result, error) {
	in, b := r.intake, r.batch
	if r.waiting != nil {
		verdicts, err := in.log.await(ctx, r.waiting)
		if err != nil {
			err = in.retry(ctx, b, err)
		} else {
			b.answer(verdicts)
		}
		if err != nil { // the batch is still waited for: it is not used again
			in.metrics.refused(err, len(b.results))
			return nil, err
		}
	}
	in.metrics.answered(b.results)
	return b.results, nil
}

// Release gives the memory of the results back, once Await has returned them. It may be called once, or not at all.
func (r Receipt) Release() { r.intake.batches.Put(r.batch) }
