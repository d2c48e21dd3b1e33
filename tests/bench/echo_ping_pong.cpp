// What does the pool cost a load? `conecta bench`'s closed loop against a raw epoll client, on the
// same embedded server, in turns: the machine's mood changes from second to second, so that only
// pairs that ran next to each other are compared. Prints JSON; fails if the median ratio is below
// the floor. Not a test: build it optimised and let it have the machine.

#include "bench/raw_epoll.hpp"
#include "run/runner.hpp"
#include "scenario/load.hpp"
#include "target/server.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace conecta;

constexpr std::size_t connections = 64;
constexpr int rounds = 11;
constexpr double floor_of_ratio = 0.7;
constexpr std::string_view request = "0123456789abcdef0123456789abcde\n";

scenario::scenario closed_loop(wire::address const& to) {
  nlohmann::json const text{
      {"version", 1},
      {"name", "ping-pong"},
      {"endpoints", {{{"id", "echo"}, {"url", "tcp://" + to.text()}}}},
      {"pool", {{"max_size", connections}, {"min_idle", connections}, {"open_concurrency", 64}}},
      {"workload",
       {{"workers", connections},
        {"requests", {{{"name", "ping"}, {"send", request}, {"reply", {{"echo", true}}}}}}}},
      {"stages",
       {{{"name", "warmup"}, {"duration", "50ms"}, {"record", false}},
        {{"name", "steady"}, {"duration", "1s"}}}}};
  auto loaded = scenario::load_text(text.dump(), "ping-pong", {}, scenario::process_environment());
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    throw std::runtime_error{found->messages.front()};
  }
  return std::get<scenario::scenario>(std::move(loaded));
}

double conecta_rate(scenario::scenario const& what) {
  auto const finished = run::run_scenario(what, {});
  if (finished.found.total.measured.requests.failed > 0) {
    throw std::runtime_error{"a request failed"};
  }
  return finished.found.total.rate_per_s().value();
}

/// Processor time of this thread; what it costs shows even where others want the machine, too.
double thread_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

struct side {
  std::vector<double> rates;
  std::vector<double> microseconds; ///< of processor time a request

  template <class Client>
  void run(Client const& client) {
    auto const before = thread_seconds();
    rates.push_back(client());
    microseconds.push_back((thread_seconds() - before) * 1e6 / rates.back());
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int measure() {
  auto const server = target::start({});
  auto const what = closed_loop(server->address());
  side raw;
  side ours;
  std::vector<double> ratios;
  auto const run_raw = [&] {
    raw.run([&] {
      return bench::raw_echo_rate(server->address(), connections, request, std::chrono::seconds{1});
    });
  };
  auto const run_ours = [&] { ours.run([&] { return conecta_rate(what); }); };
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) {
      run_raw();
      run_ours();
    } else {
      run_ours();
      run_raw();
    }
    ratios.push_back(ours.rates.back() / raw.rates.back());
    std::fprintf(stderr, "round %2d: raw %.0f/s, conecta %.0f/s, ratio %.3f\n", round + 1,
                 raw.rates.back(), ours.rates.back(), ratios.back());
  }
  auto const middle = median(ratios);
  nlohmann::json const found{{"connections", connections},
                             {"rounds", rounds},
                             {"raw_per_s", median(raw.rates)},
                             {"conecta_per_s", median(ours.rates)},
                             {"raw_cpu_us", median(raw.microseconds)},
                             {"conecta_cpu_us", median(ours.microseconds)},
                             {"ratio", middle},
                             {"floor", floor_of_ratio},
                             {"ratios", ratios}};
  std::printf("%s\n", found.dump(2).c_str());
  return middle >= floor_of_ratio ? 0 : 1;
}

} // namespace

int main() {
  try {
    return measure();
  } catch (std::exception const& failed) {
    std::fprintf(stderr, "%s\n", failed.what());
    return 70;
  }
}
