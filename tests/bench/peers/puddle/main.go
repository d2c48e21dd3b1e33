// puddle v2 as a worker: see ../go.
package main

import (
	"context"

	worker "conecta.bench/worker"
	"github.com/jackc/puddle/v2"
)

type pool struct{ *puddle.Pool[int] }

func (p pool) Acquire() *puddle.Resource[int] {
	held, err := p.Pool.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	return held
}

func (p pool) Release(held *puddle.Resource[int]) { held.Release() }
func (p pool) Waits() bool                        { return true }

// Close is no wait for the resources that are leased for good.
func (p pool) Close() {}

func build(shape worker.Shape) worker.Pool[*puddle.Resource[int]] {
	made, err := puddle.NewPool(&puddle.Config[int]{
		Constructor: func(context.Context) (int, error) { return 0, nil },
		Destructor:  func(int) {},
		MaxSize:     int32(shape.Slots),
	})
	if err != nil {
		panic(err)
	}
	for range shape.Slots {
		if err := made.CreateResource(context.Background()); err != nil {
			panic(err)
		}
	}
	return pool{made}
}

func main() { worker.Serve(build) }
