// The hot path for a counter of instructions: so many uncontended pairs of acquire and give back in
// one thread, one way or the other. Prints nothing; .ci/instructions runs it twice under callgrind,
// with different numbers of pairs, so that what comes before and after them cancels out.
//
//   conecta_pair_count gate | lock PAIRS USELESS
//
// USELESS instructions are carried out beside each pair: what the canary must find.

#include "bench/pool_contestants.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace conecta::bench {

namespace {

pool_options options_for(std::string_view way) {
  shape of;
  of.slots = 16;
  auto options = bare_options(of);
  options.borrowers = way == "gate" ? recording::off : recording::on;
  return options;
}

/// Three for each turn of the loop.
void waste(long long instructions) {
  for (long long i = 0; i < instructions; i += 3) {
    asm volatile("");
  }
}

int run(std::string_view way, long long pairs, long long useless) {
  pool<int> pool{options_for(way), {.open = [] { return 0; }}};
  for (int i = 0; i < 16; ++i) {
    pool.try_add(int{i}).value();
  }
  long long sum = 0;
  constexpr long long to_open_the_gate = 1000;
  for (long long i = 0; i < to_open_the_gate + pairs; ++i) {
    auto const lease = pool.acquire().value();
    sum += *lease;
    waste(useless);
  }
  return sum >= 0 && pool.stats().acquired == static_cast<std::uint64_t>(to_open_the_gate + pairs)
             ? 0
             : 70;
}

} // namespace

} // namespace conecta::bench

int main(int count, char** arguments) {
  std::string_view const way = count == 4 ? arguments[1] : "";
  auto const pairs = count == 4 ? std::atoll(arguments[2]) : 0;
  if ((way != "gate" && way != "lock") || pairs < 1) {
    std::fputs("usage: conecta_pair_count gate | lock PAIRS USELESS\n", stderr);
    return 64;
  }
  return conecta::bench::run(way, pairs, std::atoll(arguments[3]));
}
