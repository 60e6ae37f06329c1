package ingest

// era is the generations that are remembered. Their numbers come round.
type era struct {
	first, count uint8
}

func (e era) live(age uint8) bool { return age-e.first < e.count }

// past tells of each byte of a word, by its top bit, whether it is the number of a generation that is forgotten: it is live for all eight at once.
func (e era) past(ages uint64) uint64 {
	first := uint64(e.first) * ones
	since := (ages | tops - first&^tops) ^ (ages^^first)&tops // ages - first, without borrowing from each other
	return (since | (since&^tops + uint64(0x80-e.count)*ones)) & tops
}
