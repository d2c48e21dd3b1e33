// What must stay short, for a counter of instructions: each way does one thing so many times.
// Prints nothing; .ci/instructions runs it twice under callgrind, with different numbers of times,
// so that what comes before and after them cancels out.
//
//   conecta_instructions gate | lock | scan TIMES USELESS
//
// gate and lock are an uncontended pair of acquire and give back in one thread. scan is a scan of
// 100,000 idle slots of which none is due. USELESS instructions are carried out beside each: what
// the canary must find.

#include "bench/pool_contestants.hpp"
#include "core/machine.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace conecta::bench {

namespace {

/// Three for each turn of the loop.
void waste(long long instructions) {
  for (long long i = 0; i < instructions; i += 3) {
    asm volatile("");
  }
}

bool pairs(recording borrowers, long long times, long long useless) {
  shape of;
  of.slots = 16;
  auto options = bare_options(of);
  options.borrowers = borrowers;
  pool<int> pool{options, {.open = [] { return 0; }}};
  for (int i = 0; i < 16; ++i) {
    pool.try_add(int{i}).value();
  }
  long long sum = 0;
  constexpr long long to_open_the_gate = 1000;
  for (long long i = 0; i < to_open_the_gate + times; ++i) {
    auto const lease = pool.acquire().value();
    sum += *lease;
    waste(useless);
  }
  return sum >= 0 && pool.stats().acquired == static_cast<std::uint64_t>(to_open_the_gate + times);
}

bool scans(long long times, long long useless) {
  pool_options options;
  options.max_size = 100'000;
  options.scan_interval = std::chrono::milliseconds{1};
  options.idle_timeout = std::chrono::hours{1};
  options.max_lifetime = std::chrono::hours{1};
  instant now{};
  core::machine machine{options, {}, 1, now};
  core::action_list actions;
  while (auto const slot = machine.on(now, core::reserve{}, actions)) {
    machine.on(now, core::opened{*slot}, actions);
  }
  for (long long i = 0; i < times; ++i) {
    now += options.scan_interval;
    if (machine.next_deadline() != now) {
      return false;
    }
    machine.on(now, core::tick{}, actions);
    waste(useless);
  }
  return actions.empty() && machine.stats().idle == options.max_size;
}

int run(std::string_view way, long long times, long long useless) {
  bool const as_expected = way == "gate"   ? pairs(recording::off, times, useless)
                           : way == "lock" ? pairs(recording::on, times, useless)
                                           : scans(times, useless);
  return as_expected ? 0 : 70;
}

} // namespace

} // namespace conecta::bench

int main(int count, char** arguments) {
  std::string_view const way = count == 4 ? arguments[1] : "";
  auto const times = count == 4 ? std::atoll(arguments[2]) : 0;
  if ((way != "gate" && way != "lock" && way != "scan") || times < 1) {
    std::fputs("usage: conecta_instructions gate | lock | scan TIMES USELESS\n", stderr);
    return 64;
  }
  return conecta::bench::run(way, times, std::atoll(arguments[3]));
}
