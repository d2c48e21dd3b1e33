# make         build/conecta, and nothing is installed
# make demo    install what is missing, build, run scenarios/quickstart.json
# make test    install what is missing, build and run every test
# make test-servers  install real servers, and run what is tested with them
# make soak    the proof for SOAK=10m in all; PARTS="simulation properties histories threads fuzzers
#              faults servers", or some of them: docs/proof.md
# make bench-relay  the relay beside toxiproxy: see docs/proxy.md
# make bench-probe  probe beside nc, redis-cli and pg_isready: see docs/probe.md
# make mutants print which layer of tests catches which planted bug
# make setup   only install what is missing; SETUP=no on any target: never install anything

MAKEFLAGS += --no-print-directory
SETUP ?= yes
setup = $(if $(filter yes,$(SETUP)),.ci/setup $(1))
boost = $(if $(wildcard build/boost/usr),-DBoost_ROOT=$(CURDIR)/build/boost/usr)

.PHONY: all demo test test-servers soak bench bench-pool bench-relay bench-probe mutants setup install clean

all:
	@cmake --preset release $(boost) >/dev/null
	@cmake --build build --target conecta_cli

demo:
	@$(call setup,build)
	@$(MAKE) all
	build/conecta bench scenarios/quickstart.json

test:
	@$(call setup,build test)
	@cmake --preset test $(boost) >/dev/null
	@cmake --build build/test
	@ctest --test-dir build/test --output-on-failure --no-tests=error --parallel 2

test-servers:
	@$(call setup,build test servers)
	@cmake --preset test $(boost) >/dev/null
	@cmake --build build/test --target conecta_cli
	@ctest --test-dir build/test --verbose --no-tests=error -R '_(servers|sessions|databases|tools)$$'

SOAK ?= 10m
PARTS ?= simulation properties histories threads fuzzers faults servers
soak:
	@$(call setup,build test $(if $(filter fuzzers,$(PARTS)),ci))
	.ci/soak $(SOAK) $(PARTS)

bench:
	@$(call setup,build test)
	@cmake --preset release $(boost) -B build/bench -DCONECTA_TESTS=ON >/dev/null
	@cmake --build build/bench --target conecta_bench_echo
	build/bench/tests/conecta_bench_echo

# BENCH_ROUNDS, BENCH_SECONDS: of each shape. BENCH_POOL: more arguments, tests/bench/peers/run.py --help.
BENCH_ROUNDS ?= 11
BENCH_SECONDS ?= 1
bench-pool:
	@$(call setup,build test)
	@cmake --preset release $(boost) -B build/bench-pool/conecta -DCONECTA_TESTS=ON \
	  -DCONECTA_CLI=OFF >/dev/null
	@cmake --build build/bench-pool/conecta --target conecta_bench_pool
	tests/bench/peers/run.py --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) $(BENCH_POOL)

# BENCH_RELAY: more arguments, tests/bench/relay/run.py --help.
bench-relay:
	@$(call setup,build test)
	@cmake --preset release $(boost) -B build/bench -DCONECTA_TESTS=ON >/dev/null
	@cmake --build build/bench --target conecta_bench_relay conecta_cli
	tests/bench/relay/run.py --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) $(BENCH_RELAY)

# BENCH_PROBE: more arguments, tests/bench/probe/run.py --help.
bench-probe:
	@$(call setup,build servers)
	@cmake --preset release $(boost) -B build/bench -DCONECTA_TESTS=ON >/dev/null
	@cmake --build build/bench --target conecta_cli
	tests/bench/probe/run.py $(BENCH_PROBE)

mutants:
	@$(call setup,build test)
	@cmake --preset release $(boost) -B build/mutants -DCONECTA_TESTS=ON -DCONECTA_CLI=OFF \
	  >/dev/null
	@cmake --build build/mutants --target conecta_mutants
	build/mutants/tests/conecta_mutants $(MUTANTS)

setup:
	@.ci/setup build test

install: all
	cmake --install build

clean:
	rm -rf build
