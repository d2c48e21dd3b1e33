// Conecta's worker in the pool benchmark, which run.py beside the peers starts:
//
//   conecta_bench_pool threads | barging | tasks | cas | mutex
//
// Reads requests, one a line: a shape (pool_shape.hpp) and for how many milliseconds to count.
// Warms up for a quarter of that, counts, and answers with one line of JSON. Ends with its input.

#include "bench/pool_contestants.hpp"
#include "bench/pool_tasks.hpp"
#include "bench/pool_threads.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace conecta::bench {

namespace {

template <class Player>
int answer_requests() {
  Player player;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string text;
    long long milliseconds = 0;
    words >> text >> milliseconds;
    auto const wanted = parse_shape(text);
    if (!wanted || milliseconds <= 0) {
      std::cerr << "conecta_bench_pool: not CLIENTS/SLOTS/LEASED/HOLD MILLISECONDS: " << line
                << "\n";
      return 65;
    }
    player.play(*wanted, std::chrono::milliseconds{milliseconds});
  }
  return 0;
}

} // namespace

int run(std::string_view contestant) {
  if (contestant == "threads") {
    return answer_requests<thread_player<blocking_contestant<fairness::strict>>>();
  }
  if (contestant == "barging") {
    return answer_requests<thread_player<blocking_contestant<fairness::barging>>>();
  }
  if (contestant == "tasks") {
    return answer_requests<task_player>();
  }
  if (contestant == "cas") {
    return answer_requests<thread_player<cas_contestant>>();
  }
  if (contestant == "mutex") {
    return answer_requests<thread_player<mutex_contestant>>();
  }
  std::cerr << "usage: conecta_bench_pool threads | barging | tasks | cas | mutex\n";
  return 64;
}

} // namespace conecta::bench

int main(int count, char** arguments) {
  return conecta::bench::run(count == 2 ? arguments[1] : "");
}
