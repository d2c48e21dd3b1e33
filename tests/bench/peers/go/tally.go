package worker

import (
	"math/bits"
	"time"
)

// Exact below 64 ns, then 32 buckets to each power of two.
type tally struct {
	pairs  uint64
	counts [1920]uint64
	max    uint64
}

func (t *tally) record(took time.Duration) {
	value := uint64(took)
	bucket := value
	if value >= 64 {
		shift := uint64(bits.Len64(value) - 6)
		bucket = shift*32 + value>>shift
	}
	t.counts[bucket]++
	t.max = max(t.max, value)
}

func (t *tally) add(other *tally) {
	t.pairs += other.pairs
	t.max = max(t.max, other.max)
	for i, count := range other.counts {
		t.counts[i] += count
	}
}

func (t *tally) percentile(perCent uint64) uint64 {
	var total, seen uint64
	for _, count := range t.counts {
		total += count
	}
	for i, count := range t.counts {
		seen += count
		if seen > 0 && seen*100 >= total*perCent {
			if i < 64 {
				return uint64(i)
			}
			shift := uint64(i/32 - 1)
			return (uint64(i) - shift*32) << shift
		}
	}
	return 0
}
