package recall

import (
	"context"

	"github.com/google/uuid"
)

// Answer asks with what is known of an organization, and does not wait for what is no longer believed to be read anew: it is read while ask goes on with the
// old. Only when that proves to be wrong, or was not proved within the age, ask is canceled, or its answer thrown away, and called again with what was read.
// So ask must leave nothing behind but its answer. Same tells whether two values ask for one answer.
func Answer[K, T any](
	ctx context.Context, r *Recall[K], organization uuid.UUID, read func(context.Context) (K, error), same func(K, K) bool, ask func(context.Context, K) (T, error),
) (answer T, err error) {
	began := r.now()
	known, there, _ := r.last(organization)
	if !there || r.fresh(known.at, began) {
		value, err := r.Of(ctx, organization, read)
		if err != nil {
			return answer, err
		}
		return ask(ctx, value)
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	var value K
	var unread error
	proved, done := false, make(chan struct{})
	go func() {
		defer close(done)
		value, unread = r.Of(ctx, organization, read)
		if proved = unread == nil && same(known.value, value) && r.fresh(began, r.now()); !proved {
			cancel()
		}
	}()
	answer, err = ask(asking, known.value)
	<-done
	switch {
	case proved:
		return answer, err
	case unread != nil:
		var none T
		return none, unread
	}
	return ask(ctx, value)
}
