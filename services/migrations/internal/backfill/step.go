package backfill

// Step is a point of the work. Tests stop the world there.
type Step struct {
	Database, Name string
	Phase          Phase
	// Number counts the batches from 1 since the work began or was resumed; 0 stands for the whole.
	Number int
	// Rows of the batch; on ClickHouse those of the partition.
	Rows int
}

// Phase is a kind of Step.
type Phase string

// The phases. A batch, or a partition, goes from Begun to Committed.
const (
	// Begun comes before anything of a batch.
	Begun Phase = "begun"
	// Made comes when the statement has run, and before the checkpoint.
	Made Phase = "made"
	// Checkpointed comes when the checkpoint is written, and before the commit.
	Checkpointed Phase = "checkpointed"
	// Committed comes after it.
	Committed Phase = "committed"
	// Finished comes when all is done.
	Finished Phase = "finished"
)
