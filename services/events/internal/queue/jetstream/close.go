package jetstream

import (
	"context"
	"errors"

	"devtrail.dev/kit/pause"
)

// Close waits for appends on their way, for some seconds, fewer once Options.Over is closed, and hands the log to the next.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	if l.pending == 0 {
		close(l.idle)
	}
	l.mu.Unlock()
	patient, cancel := context.WithTimeout(context.Background(), l.options.patience)
	defer cancel()
	l.working.Go(func() {
		select {
		case <-l.options.Over:
			_ = pause.For(patient, lastPatience)
			cancel()
		case <-patient.Done():
		}
	})
	if l.nc.IsConnected() {
		select {
		case <-l.idle:
		case <-patient.Done():
		}
	}
	l.calls.Wait()
	var err error
	if l.nc.IsConnected() {
		err = errors.Join(l.memory.flush(patient), l.state.release(patient))
	}
	l.stop()
	cancel()
	l.working.Wait()
	l.nc.Close()
	if err != nil { // the next owner finds all of it by itself, only later
		l.options.Logger.Warn("the log of accepted events was left without a word", "error", err)
	}
	return nil
}
