module conecta.bench/go-conecta

go 1.23

require (
	conecta.bench/worker v0.0.0
	github.com/shengyanli1982/conecta v0.2.5
	github.com/shengyanli1982/workqueue/v2 v2.3.2
)

require golang.org/x/time v0.5.0 // indirect

replace conecta.bench/worker => ../go
