package render

import (
	"fmt"
	"io"
	"strconv"
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Promotion prints how the promotion of a property stands.
func Promotion(w io.Writer, p *eventsv1.PromotedProperty) error {
	return promoted(w, p)
}

// Promotions prints which properties have a column of their own, and how many may.
func Promotions(w io.Writer, answer *eventsv1.ListPromotedPropertiesResponse) error {
	if err := promoted(w, answer.GetProperties()...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d of %d promoted.\n", len(answer.GetProperties()), answer.GetLimit())
	return err
}

func promoted(w io.Writer, list ...*eventsv1.PromotedProperty) error {
	if len(list) == 0 {
		return nil
	}
	t := newTable(w, "PROPERTY", "STATE", "FILLED", "SINCE")
	for _, p := range list {
		t.row(p.GetKey(), word(p.GetState(), "PROMOTION_STATE_"), strconv.Itoa(int(p.GetPercent()))+"%", instant(p.GetUpdatedAt(), time.UTC))
	}
	return t.flush()
}

// PromotionSuggestions prints which properties are worth it.
func PromotionSuggestions(w io.Writer, answer *eventsv1.SuggestPromotionsResponse) error {
	if len(answer.GetSuggestions()) == 0 {
		_, err := fmt.Fprintln(w, "No question looked at a property that is not promoted.")
		return err
	}
	t := newTable(w, "PROPERTY", "QUERIES", "TOOK", "READ BYTES")
	for _, s := range answer.GetSuggestions() {
		t.row(s.GetKey(), strconv.FormatInt(s.GetQueryCount(), 10), s.GetElapsed().AsDuration().Round(time.Millisecond).String(), strconv.FormatInt(s.GetReadBytes(), 10))
	}
	return t.flush()
}
