#pragma once

// Runs a few threads in every order of their steps, one step at a time, up to a number of
// preemptions. A step ends before each operation on a stepped<T>, which stands in for
// std::atomic<T>. Orders are those of sequential consistency: weaker ones are for ThreadSanitizer.
//
// A failure is replayed by its schedule: the text that explore() puts into its message.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace conecta::test {

/// One order of steps: which of the runnable threads goes on, each time when one could be chosen.
class schedule {
 public:
  schedule(std::vector<std::size_t> prefix, std::size_t preemptions)
      : prefix_{std::move(prefix)}, preemptions_left_{preemptions} {}

  /// Runs all of them to their ends.
  void run(std::vector<std::function<void()>> const& bodies) {
    finished_.assign(bodies.size(), false);
    std::vector<std::thread> threads;
    turn_ = choose(bodies.size(), nobody);
    for (std::size_t mine = 0; mine < bodies.size(); ++mine) {
      threads.emplace_back([this, mine, &bodies] {
        here() = {this, mine};
        wait_for_turn(mine);
        bodies[mine]();
        here() = {};
        finish(mine);
      });
    }
    for (auto& each : threads) {
      each.join();
    }
  }

  /// Before an operation on something shared; without effect in other threads.
  static void step() {
    if (auto const [of, mine] = here(); of != nullptr) {
      of->pass_on(mine);
    }
  }

  struct decision {
    std::size_t chosen;
    std::size_t alternatives;
  };
  [[nodiscard]] std::vector<decision> const& decisions() const { return decisions_; }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (auto const& each : decisions_) {
      all += std::to_string(each.chosen);
    }
    return all;
  }

 private:
  static constexpr std::size_t nobody = ~std::size_t{0};

  struct place {
    schedule* of = nullptr;
    std::size_t mine = 0;
  };
  static place& here() {
    static thread_local place mine;
    return mine;
  }

  /// The one that runs is the first choice; another costs a preemption.
  std::size_t choose(std::size_t count, std::size_t running) {
    std::vector<std::size_t> able;
    if (running != nobody) {
      able.push_back(running);
    }
    for (std::size_t each = 0; each < count; ++each) {
      if (each != running && !finished_[each] && (running == nobody || preemptions_left_ > 0)) {
        able.push_back(each);
      }
    }
    if (able.empty()) {
      return nobody;
    }
    auto const next = decisions_.size() < prefix_.size() ? prefix_[decisions_.size()] : 0;
    decisions_.push_back({next, able.size()});
    preemptions_left_ -= running != nobody && next > 0 ? 1U : 0U;
    return able.at(next);
  }

  void pass_on(std::size_t mine) {
    {
      std::lock_guard const lock{mutex_};
      turn_ = choose(finished_.size(), mine);
      if (turn_ == mine) {
        return;
      }
    }
    turned_.notify_all();
    wait_for_turn(mine);
  }

  void finish(std::size_t mine) {
    {
      std::lock_guard const lock{mutex_};
      finished_[mine] = true;
      turn_ = choose(finished_.size(), nobody);
    }
    turned_.notify_all();
  }

  void wait_for_turn(std::size_t mine) {
    std::unique_lock lock{mutex_};
    turned_.wait(lock, [&] { return turn_ == mine; });
  }

  std::vector<std::size_t> prefix_;
  std::size_t preemptions_left_;
  std::vector<decision> decisions_;
  std::vector<bool> finished_;
  std::mutex mutex_;
  std::condition_variable turned_;
  std::size_t turn_ = nobody;
};

template <class T>
class stepped {
 public:
  stepped() = default;
  stepped(T value) : value_{value} {} // NOLINT: as std::atomic's

  T load(std::memory_order) const { return schedule::step(), value_; }
  void store(T value, std::memory_order) { schedule::step(), value_ = value; }
  T fetch_add(T more, std::memory_order) {
    schedule::step();
    return std::exchange(value_, value_ + more);
  }
  T fetch_or(T bits, std::memory_order) {
    schedule::step();
    return std::exchange(value_, value_ | bits);
  }
  bool compare_exchange_weak(T& expected, T wanted, std::memory_order,
                             std::memory_order = std::memory_order_relaxed) {
    schedule::step();
    if (value_ == expected) {
      value_ = wanted;
      return true;
    }
    expected = value_;
    return false;
  }

 private:
  T value_{};
};

/// `run_one` builds a world, runs its bodies under the schedule, and returns what is wrong, or "".
/// Returns how many schedules there were; throws what was wrong, with its schedule.
inline std::size_t explore(std::size_t preemptions,
                           std::function<std::string(schedule&)> const& run_one) {
  std::vector<std::size_t> prefix;
  for (std::size_t count = 1;; ++count) {
    schedule one{prefix, preemptions};
    if (auto const wrong = run_one(one); !wrong.empty()) {
      throw std::runtime_error{wrong + ", schedule " + one.text()};
    }
    auto decisions = one.decisions();
    while (!decisions.empty() && decisions.back().chosen + 1 == decisions.back().alternatives) {
      decisions.pop_back();
    }
    if (decisions.empty()) {
      return count;
    }
    ++decisions.back().chosen;
    prefix.clear();
    for (auto const& each : decisions) {
      prefix.push_back(each.chosen);
    }
  }
}

} // namespace conecta::test
