// Package worker is what the Go peers share: the line protocol of ../../pool_bench.cpp, clients that
// are goroutines, and the same buckets for latencies.
package worker

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Shape is CLIENTS/SLOTS/LEASED/HOLD, as in ../../pool_shape.hpp.
type Shape struct {
	Text                   string
	Clients, Slots, Leased int
	Busy                   time.Duration
	Yields                 bool
}

func (s Shape) exhausts() bool { return s.Clients > s.Slots-s.Leased }
func (s Shape) large() bool    { return s.Slots >= 10_000 }

func parseShape(text string) (Shape, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 4 {
		return Shape{}, fmt.Errorf("not CLIENTS/SLOTS/LEASED/HOLD: %s", text)
	}
	shape := Shape{Text: text, Yields: parts[3] == "yield"}
	for i, into := range []*int{&shape.Clients, &shape.Slots, &shape.Leased} {
		value, err := strconv.Atoi(parts[i])
		if err != nil {
			return Shape{}, err
		}
		*into = value
	}
	if !shape.Yields && parts[3] != "0" {
		busy, err := time.ParseDuration(parts[3])
		if err != nil {
			return Shape{}, err
		}
		shape.Busy = busy
	}
	return shape, nil
}
