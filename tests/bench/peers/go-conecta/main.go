// Conecta for Go as a worker: see ../go. Its Get never waits: an empty pool is an error.
package main

import (
	"math"

	worker "conecta.bench/worker"
	"github.com/shengyanli1982/conecta"
	"github.com/shengyanli1982/workqueue/v2"
)

type pool struct{ *conecta.Pool }

func (p pool) Acquire() any {
	held, err := p.Get()
	if err != nil {
		panic(err)
	}
	return held
}

func (p pool) Release(held any) {
	if err := p.Put(held); err != nil {
		panic(err)
	}
}

func (p pool) Waits() bool { return false }
func (p pool) Close()      { p.Stop() }

func build(shape worker.Shape) worker.Pool[any] {
	made, err := conecta.New(workqueue.NewQueue(nil), conecta.NewConfig().
		WithNewFunc(func() (any, error) { return new(int), nil }).
		WithMaxSize(shape.Slots).
		WithInitialize(shape.Slots).
		WithScanInterval(math.MaxInt32))
	if err != nil {
		panic(err)
	}
	return pool{made}
}

func main() { worker.Serve(build) }
