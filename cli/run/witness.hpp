#pragma once

// Judges one pool from outside, while a run uses it: by its endpoint's hooks, which tell of
// descriptors, by its clients, who tell of leases, and by its statistics. A promise that was broken
// stays so; one that nothing put to the test is not judged.
//
// Time is an argument. Thread safety: one thread.

#include "run/result.hpp"

#include <conecta/options.hpp>
#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace conecta::run {

/// How much later than promised something may be seen.
inline constexpr duration witness_slack = std::chrono::milliseconds{50};

class witness {
 public:
  /// `broken` is called at the first promise that is.
  witness(pool_options const& promised, std::function<void()> broken);

  // The endpoint's hooks. A handle is a descriptor's number.
  void opening();
  void opened(int handle, instant now);
  void open_failed();
  void checking(int handle);
  void checked(int handle);
  void closing(int handle);

  // Its clients.
  void lent(int handle, instant now);
  void given_back(int handle, instant now);
  void discarded(int handle);
  /// A caller that asked was answered.
  void answered(instant deadline, instant now);

  /// From time to time; `own_lag` is how late this very look is.
  void look(pool_stats const& now_so, instant now, duration own_lag);
  /// Once the pool is closed.
  void finish(pool_stats const& at_end);

  [[nodiscard]] std::vector<invariant_result> verdicts() const;

 private:
  enum class promise : std::uint8_t {
    no_leak,
    cap,
    conservation,
    no_bad_lease,
    idle_in_time,
    deadlines,
  };
  static constexpr std::size_t promises = 6;

  struct judgement {
    std::uint64_t looked = 0; ///< how often it was put to the test
    std::string broken;       ///< how, the first time
  };
  struct resource {
    enum class place : std::uint8_t { idle, lent, checking, bad } at = place::idle;
    instant opened{};
    instant idle_since{};
    std::uint64_t uses = 0;
  };

  judgement& of(promise which) { return judged_[static_cast<std::size_t>(which)]; }
  void require(promise which, bool held, std::function<std::string()> const& how);
  void judge_idle(instant now, duration own_lag);
  [[nodiscard]] invariant_result verdict(promise which) const;

  pool_options promised_;
  std::function<void()> on_broken_;
  std::array<judgement, promises> judged_;
  std::map<int, resource> resources_; ///< that are open, by handle
  std::size_t held_ = 0;              ///< descriptors, those being opened included
  std::uint64_t opened_ = 0;
  std::uint64_t closed_ = 0;
  duration latest_answer_{};
  duration worst_lag_{}; ///< of this process itself
};

} // namespace conecta::run
