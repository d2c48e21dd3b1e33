module conecta.bench/worker

go 1.23
