#pragma once

// Clients that are threads. A Contestant is built from a shape and has acquire(), whose result
// gives back in its destructor; with waits == false it cannot play a shape that exhausts it.

#include "bench/pool_tally.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace conecta::bench {

template <class Contestant>
tally run_client(Contestant& pool, shape const& of, std::atomic<phase> const& now) {
  tally mine;
  bool const timed = of.exhausts();
  for (auto at = phase::warming; (at = now.load(std::memory_order_relaxed)) != phase::ending;) {
    auto const asked = timed ? steady::now() : steady::time_point{};
    auto const held = pool.acquire();
    if (at == phase::counting) {
      ++mine.pairs;
      if (timed) {
        mine.waits.record(steady::now() - asked);
      }
    }
    if (of.hold == holding::busy) {
      stay_busy(of.busy);
    } else if (of.hold == holding::yielding) {
      std::this_thread::yield();
    }
  }
  return mine;
}

template <class Contestant>
class thread_player {
 public:
  void play(shape const& of, std::chrono::milliseconds length) {
    if (of.exhausts() && !Contestant::waits) {
      std::cout << R"({"shape":")" << of.text << R"(","unsupported":"nobody can wait"})"
                << std::endl;
      return;
    }
    auto const pool = pool_for(of);
    std::atomic<phase> now{phase::warming};
    std::mutex adding;
    tally total;
    steady::duration elapsed{};
    {
      std::vector<std::jthread> clients;
      for (std::size_t i = 0; i < of.clients; ++i) {
        clients.emplace_back([&] {
          auto const mine = run_client(*pool, of, now);
          std::lock_guard const lock{adding};
          total.add(mine);
        });
      }
      elapsed = conduct(now, length);
    }
    print(of, total, elapsed);
  }

 private:
  std::shared_ptr<Contestant> pool_for(shape const& of) {
    if (!of.large()) {
      return std::make_shared<Contestant>(of);
    }
    auto& kept = large_[of.text];
    if (kept == nullptr) {
      kept = std::make_shared<Contestant>(of);
    }
    return kept;
  }

  std::map<std::string, std::shared_ptr<Contestant>> large_;
};

} // namespace conecta::bench
