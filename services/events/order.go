package events

import (
	"bytes"
	"strings"

	"github.com/google/uuid"
)

// CompareID orders UUIDs as 16 unsigned bytes, which is the order of their lower-case text.
func CompareID(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// compareText orders text by its bytes, as both engines are told to.
func compareText(a, b string) int { return strings.Compare(a, b) }
