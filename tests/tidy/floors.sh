#!/bin/sh
# The rules of the house that no linker enforces: includes go down only, the core stays pure, no file
# outgrows its idea. Prints every breach as file:line and fails if there is one.
# Usage: floors.sh SOURCE_DIR   |   floors.sh --self-test
set -u

breaches() {
  cd "$1" || exit 2

  # A lower number is a lower floor; a file may include its own floor and those below.
  find libconecta cli -name '*.hpp' -o -name '*.cpp' | sort | xargs grep -n '^#include "' |
    awk -F: '
      BEGIN {
        n = split("base stats core driver sim net protocol fault target workload scenario run " \
                  "report compare commands", order, " ")
        for (i = 1; i <= n; ++i) floor[order[i]] = i
        floor["sim"] = floor["driver"]; floor["target"] = floor["fault"]
        floor["workload"] = floor["fault"]; floor["compare"] = floor["report"]
      }
      {
        split($1, part, "/"); own = part[1] == "libconecta" || part[1] == "cli" ? part[2] : ""
        split($3, quoted, "\""); split(quoted[2], target, "/"); other = target[1]
        if ((own in floor) && (other in floor) && floor[other] > floor[own])
          print $1 ":" $2 ": " own "/ includes " other "/, which is above it"
        if (part[1] == "cli" && (other == "core" || other == "driver"))
          print $1 ":" $2 ": the command line knows only public headers, not " other "/"
      }'

  # Of the simulator the command line sees plain structs and text, which show it no core.
  face='simulation|replay|plan|marks|recording'
  grep -rnE '#include "sim/' cli --include='*.?pp' | grep -vE "\"sim/($face)\.hpp\"" |
    sed 's/$/  (of sim\/ the command line knows simulation, replay, plan, marks and recording)/'
  for header in $(echo "$face" | tr '|' ' '); do
    grep -nHE '#include "(core|driver|sim)/' "libconecta/sim/$header.hpp" 2>/dev/null |
      grep -vE "\"sim/($face)\.hpp\"" | sed 's/$/  (the command line sees this header)/'
  done

  grep -nE '#include <(thread|mutex|atomic|random|functional|iostream|cstdio|ctime|boost/asio)' \
    libconecta/core/* libconecta/sim/* 2>/dev/null |
    sed 's/$/  (core and sim have no threads, chance, clock, logging or I\/O)/'
  grep -nE 'clock::now|std::function' libconecta/core/* libconecta/sim/* 2>/dev/null
  grep -nE '#include "run/(runner|sampler)' cli/report/* 2>/dev/null

  find libconecta cli tests fuzz scenarios |
    grep -E '/(utils?|common|helpers?|misc)(\.|/|$)' | sed 's/$/: says nothing about what it is/'
  find libconecta cli tests fuzz -name '*.hpp' -o -name '*.cpp' | while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 420 ] || echo "$file: $lines lines; is it still one idea?"
  done
}

if [ "$1" = --self-test ]; then
  # The canary: a tree with one breach of each kind.
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/libconecta/core "$tree"/libconecta/net "$tree"/libconecta/sim \
    "$tree"/cli/fault "$tree"/cli/utils "$tree"/tests "$tree"/fuzz "$tree"/scenarios "$tree"/docs
  echo '#include "net/url.hpp"' >"$tree"/libconecta/core/up.hpp
  echo '#include <mutex>' >"$tree"/libconecta/core/thread.hpp
  echo '#include "core/machine.hpp"' >"$tree"/cli/fault/core.hpp
  echo '#include "sim/books.hpp"' >"$tree"/cli/fault/sim.hpp
  echo '#include "core/machine.hpp"' >"$tree"/libconecta/sim/simulation.hpp
  echo '#include <thread>' >"$tree"/libconecta/sim/books.hpp
  yes '//' | head -n 500 >"$tree"/tests/long.cpp
  found=$(breaches "$tree" | wc -l)
  [ "$found" -eq 8 ] || { echo "the self-test found $found breaches, not 8"; exit 1; }
  exit 0
fi

found=$(breaches "$1")
[ -z "$found" ] || { echo "$found"; exit 1; }
