package worker

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pool is a peer: R is what it lends. Acquire waits; a pool that cannot says so with Waits.
type Pool[R any] interface {
	Acquire() R
	Release(R)
	Waits() bool
	Close()
}

const (
	warming = iota
	counting
	ending
)

// Serve answers the requests on the standard input until it ends. build returns a pool full of
// shape.Slots resources.
func Serve[R any](build func(Shape) Pool[R]) {
	large := map[string]Pool[R]{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var text string
		var milliseconds int
		if _, err := fmt.Sscan(lines.Text(), &text, &milliseconds); err != nil {
			fail(err)
		}
		shape, err := parseShape(text)
		if err != nil {
			fail(err)
		}
		pool, kept := large[text]
		if !kept {
			pool = build(shape)
			for range shape.Leased {
				pool.Acquire()
			}
		}
		if shape.exhausts() && !pool.Waits() {
			fmt.Printf("{\"shape\":%q,\"unsupported\":\"nobody can wait\"}\n", text)
		} else {
			play(pool, shape, time.Duration(milliseconds)*time.Millisecond)
		}
		if shape.large() {
			large[text] = pool
		} else {
			pool.Close()
		}
	}
}

func play[R any](pool Pool[R], shape Shape, length time.Duration) {
	var phase atomic.Int32
	var clients sync.WaitGroup
	tallies := make([]tally, shape.Clients)
	for i := range tallies {
		clients.Add(1)
		go func() {
			defer clients.Done()
			runClient(pool, shape, &phase, &tallies[i])
		}()
	}
	time.Sleep(length / 4)
	begin := time.Now()
	phase.Store(counting)
	time.Sleep(length)
	phase.Store(ending)
	elapsed := time.Since(begin)
	clients.Wait()

	var total tally
	for i := range tallies {
		total.add(&tallies[i])
	}
	fmt.Printf("{\"shape\":%q,\"pairs\":%d,\"elapsed_ns\":%d", shape.Text, total.pairs, elapsed)
	if shape.exhausts() {
		fmt.Printf(",\"p50_ns\":%d,\"p99_ns\":%d,\"max_ns\":%d", total.percentile(50),
			total.percentile(99), total.max)
	}
	fmt.Println("}")
}

func runClient[R any](pool Pool[R], shape Shape, phase *atomic.Int32, into *tally) {
	var mine tally
	timed := shape.exhausts()
	for {
		at := phase.Load()
		if at == ending {
			break
		}
		var asked time.Time
		if timed {
			asked = time.Now()
		}
		held := pool.Acquire()
		if at == counting {
			mine.pairs++
			if timed {
				mine.record(time.Since(asked))
			}
		}
		if shape.Yields {
			runtime.Gosched()
		} else if shape.Busy > 0 {
			for begin := time.Now(); time.Since(begin) < shape.Busy; {
			}
		}
		pool.Release(held)
	}
	*into = mine
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(65)
}
