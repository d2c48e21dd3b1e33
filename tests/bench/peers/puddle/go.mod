module conecta.bench/puddle

go 1.23

require (
	conecta.bench/worker v0.0.0
	github.com/jackc/puddle/v2 v2.2.3
)

require golang.org/x/sync v0.1.0 // indirect

replace conecta.bench/worker => ../go
