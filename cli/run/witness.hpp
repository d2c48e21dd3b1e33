#pragma once

// Judges one pool from outside, while a run uses it: by its endpoint's hooks, which tell of
// descriptors, by its clients, who tell of leases, and by its statistics. A promise that was broken
// stays so; one that nothing put to the test is not judged.
//
// Time is an argument. Thread safety: one thread.

#include "run/nonces.hpp"
#include "run/restoring.hpp"
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
  /// A request with a nonce had a reply. `request` is its index in the scenario.
  void replied(std::size_t request, reply_owner whose);

  /// From time to time; `own_lag` is how late this very look is.
  void look(pool_stats const& now_so, instant now, duration own_lag);
  /// The pool is about to be closed, and owes nothing from now on but that.
  void ending();
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
    own_reply,
    min_idle_restored,
  };
  static constexpr std::size_t promises = 8;

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

  /// What the replies to one request of the scenario have held. Only where its own nonce comes
  /// back is another's none of its business: a GETSET answers with the one before.
  struct replies {
    bool own = false;
    bool other = false;
  };

  judgement& of(promise which) { return judged_[static_cast<std::size_t>(which)]; }
  void require(promise which, bool held, std::function<std::string()> const& how);
  void judge_idle(instant now, duration own_lag);
  void judge_min_idle(pool_stats const& now_so, instant now, duration own_lag);
  [[nodiscard]] std::string why_not_judged(promise which) const;
  [[nodiscard]] invariant_result verdict(promise which) const;

  pool_options promised_;
  std::function<void()> on_broken_;
  std::array<judgement, promises> judged_;
  std::map<int, resource> resources_; ///< that are open, by handle
  std::map<std::size_t, replies> replies_;
  restoring min_idle_;
  bool ending_ = false;
  std::size_t held_ = 0;              ///< descriptors, those being opened included
  std::uint64_t opened_ = 0;
  std::uint64_t closed_ = 0;
  duration latest_answer_{};
  duration worst_lag_{}; ///< of this process itself
};

} // namespace conecta::run
