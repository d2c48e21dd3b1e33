// A pool that leaves its slots to a gate does what one does that never does: two machines of the
// same options and seed go through the same random history, one of them with a gate. Replay a
// failure with the line RC_PARAMS=... that it prints.

#include "core/machine.hpp"
#include "driver/gate.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <iostream>

using namespace conecta;
using namespace std::chrono_literals;

namespace {

struct command {
  std::uint8_t what = 0, which = 0, later = 0;
};

std::ostream& operator<<(std::ostream& out, command const& that) {
  return out << '{' << +that.what << ' ' << +that.which << ' ' << +that.later << '}';
}

/// What both machines said, by slot index: generations differ.
struct said {
  std::vector<std::uint32_t> granted, opens, checks, closes, interrupts;
  std::size_t rejected = 0, drained = 0;
  friend bool operator==(said const&, said const&) = default;
};

/// One machine, and the refs under which it knows its leases and hooks.
class twin {
 public:
  enum class gating : std::uint8_t { with, without };

  twin(pool_options const& options, bool checks, gating has)
      : machine_{options, {.check = checks}, 7, instant{}},
        gate_{has == gating::with ? 64U : 0U},
        refs_(64),
        has_{has} {}

  template <class Event>
  said on(instant now, Event const& what) {
    come_back(now);
    core::action_list actions;
    machine_.on(now, what, actions);
    return take_in(actions);
  }

  said acquire(instant now, instant deadline) {
    if (auto const slot = machine_.is_handed_over() ? gate_.take() : std::nullopt) {
      ++by_gate;
      refs_[slot->index] = *slot;
      return {.granted = {slot->index}, .opens = {}, .checks = {}, .closes = {}, .interrupts = {}};
    }
    return on(now, core::acquire{deadline});
  }

  said give_back(instant now, std::uint32_t index) {
    if (machine_.is_handed_over() && gate_.put(refs_[index])) {
      ++by_gate;
      return {};
    }
    return on(now, core::give_back{refs_[index]});
  }

  void hand_over(instant now) {
    if (has_ == gating::without || machine_.is_handed_over() || !machine_.may_hand_over()) {
      return;
    }
    std::vector<slot_ref> idle;
    if (auto const leased = machine_.hand_over(now, idle)) {
      gate_.open(idle, *leased);
      ++hand_overs;
    }
  }

  void come_back(instant now) {
    if (machine_.is_handed_over()) {
      std::vector<core::gate_report::slot> idle;
      auto const since = gate_.close(idle);
      machine_.take_back(now, {idle, since.taken, since.put, gate_.peak_leased()});
    }
  }

  [[nodiscard]] pool_stats stats() const { return machine_.stats(); }
  [[nodiscard]] instant next_deadline() const { return machine_.next_deadline(); }
  [[nodiscard]] slot_ref ref(std::uint32_t index) const { return refs_[index]; }

  std::uint64_t by_gate = 0;
  std::uint64_t hand_overs = 0;

 private:
  said take_in(core::action_list const& actions) {
    said all;
    auto const note = [&](std::vector<std::uint32_t>& kind, slot_ref slot) {
      refs_[slot.index] = slot;
      kind.push_back(slot.index);
    };
    for (auto const& each : actions) {
      if (auto const* const grant = std::get_if<core::grant>(&each)) {
        note(all.granted, grant->slot);
      } else if (auto const* const open = std::get_if<core::open>(&each)) {
        note(all.opens, open->slot);
      } else if (auto const* const check = std::get_if<core::check>(&each)) {
        note(all.checks, check->slot);
      } else if (auto const* const close = std::get_if<core::close>(&each)) {
        note(all.closes, close->slot);
      } else if (auto const* const stop = std::get_if<core::interrupt>(&each)) {
        all.interrupts.push_back(stop->slot.index);
      }
      all.rejected += std::holds_alternative<core::reject>(each) ? 1U : 0U;
      all.drained += std::holds_alternative<core::drained>(each) ? 1U : 0U;
    }
    return all;
  }

  core::machine machine_;
  driver::gate gate_;
  std::vector<slot_ref> refs_;
  gating has_;
};

class both {
 public:
  both(pool_options const& options, bool checks)
      : gated_{options, checks, twin::gating::with},
        plain_{options, checks, twin::gating::without} {}

  void play(command const& what) {
    later(duration{what.later % 4});
    obey(what);
    if (what.later % 3 != 0) {
      gated_.hand_over(now_);
    }
  }

  /// Whatever was counted apart is together again.
  void finish() {
    gated_.come_back(now_);
    auto const one = gated_.stats();
    auto const other = plain_.stats();
    RC_ASSERT(static_cast<pool_counts const&>(one) == static_cast<pool_counts const&>(other));
    RC_ASSERT(one.acquired == other.acquired);
    RC_ASSERT(one.returned == other.returned);
    RC_ASSERT(one.rejected == other.rejected);
    RC_ASSERT(one.closed == other.closed);
    RC_ASSERT(one.peak_leased == other.peak_leased);
    RC_ASSERT(one.peak_live == other.peak_live);
  }

  [[nodiscard]] twin const& gated() const { return gated_; }

 private:
  using slots = std::deque<std::uint32_t>;

  void obey(command const& what) {
    switch (what.what % 32) {
    case 0:
      return control(what.which);
    case 1:
      return same([&](twin& of) { return of.acquire(now_, now_ + duration{what.which}); });
    case 2:
      return with(leases_, what.which, [&](twin& of, std::uint32_t index) {
        return of.on(now_, core::discard{of.ref(index), close_reason::broken});
      });
    case 3:
    case 4:
    case 5:
    case 6:
      return with(opens_, what.which, [&](twin& of, std::uint32_t index) {
        return what.later % 8 == 0 ? of.on(now_, core::open_failed{of.ref(index)})
                                   : of.on(now_, core::opened{of.ref(index)});
      });
    case 7:
    case 8:
      return with(closes_, what.which, [&](twin& of, std::uint32_t index) {
        return of.on(now_, core::closed{of.ref(index)});
      });
    case 9:
    case 10:
      return with(checks_, what.which, [&](twin& of, std::uint32_t index) {
        auto const found = what.later % 5 == 0 ? core::health::bad : core::health::good;
        return of.on(now_, core::checked{of.ref(index), found});
      });
    default:
      return what.which % 2 == 0 ? same([&](twin& of) { return of.acquire(now_, instant::min()); })
                                 : with(leases_, what.which, [&](twin& of, std::uint32_t index) {
                                     return of.give_back(now_, index);
                                   });
    }
  }

  void control(unsigned which) {
    switch (which % 5) {
    case 0:
      return same([&](twin& of) { return of.on(now_, core::invalidate{}); });
    case 1:
      return same([&](twin& of) { return of.on(now_, core::evict_idle{}); });
    case 2:
      return same([&](twin& of) { return of.on(now_, core::suspend{}); });
    case 3:
      return same([&](twin& of) { return of.on(now_, core::resume{}); });
    default:
      return same([&](twin& of) { return of.on(now_, core::resize{1 + which / 5 % 6}); });
    }
  }

  /// Whatever is due on the way is done when it is due: that is a driver's promise.
  void later(duration by) {
    auto const then = now_ + by;
    for (;;) {
      auto const due = std::min(gated_.next_deadline(), plain_.next_deadline());
      if (due > then) {
        break;
      }
      now_ = std::max(now_, due);
      same([&](twin& of) { return of.on(now_, core::tick{}); });
      if (gated_.next_deadline() <= now_ || plain_.next_deadline() <= now_) {
        break; // it waits for an answer
      }
    }
    now_ = then;
  }

  template <class Call>
  void with(slots& among, unsigned which, Call const& call) {
    if (!among.empty()) {
      auto const at = among.begin() + static_cast<std::ptrdiff_t>(which % among.size());
      auto const index = *at;
      among.erase(at);
      same([&](twin& of) { return call(of, index); });
    }
  }

  template <class Call>
  void same(Call const& call) {
    auto const one = call(gated_);
    auto const other = call(plain_);
    RC_ASSERT(one == other);
    leases_.insert(leases_.end(), one.granted.begin(), one.granted.end());
    opens_.insert(opens_.end(), one.opens.begin(), one.opens.end());
    checks_.insert(checks_.end(), one.checks.begin(), one.checks.end());
    closes_.insert(closes_.end(), one.closes.begin(), one.closes.end());
  }

  twin gated_;
  twin plain_;
  instant now_{};
  slots leases_, opens_, checks_, closes_;
};

pool_options drawn_options() {
  pool_options options;
  options.max_size = *rc::gen::inRange<std::size_t>(1, 5);
  options.min_idle = *rc::gen::inRange<std::size_t>(0, 1 + options.max_size);
  options.max_waiters = 3;
  options.open_timeout = 40ns;
  options.check_timeout = 20ns;
  options.close_timeout = 40ns;
  options.backoff = {.initial = 5ns, .limit = 20ns};
  options.scan_interval = duration{*rc::gen::inRange(10, 60)};
  options.idle_timeout.reset(); // idle times count from another moment: pool_options::borrowers
  options.max_lifetime.reset();
  if (*rc::gen::arbitrary<bool>()) {
    options.max_lifetime = duration{*rc::gen::inRange(30, 200)};
  }
  return options;
}

} // namespace

namespace rc {
template <>
struct Arbitrary<command> {
  static Gen<command> arbitrary() {
    return gen::build<command>(
        gen::set(&command::what, gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>())),
        gen::set(&command::which, gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>())),
        gen::set(&command::later, gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>())));
  }
};
} // namespace rc

TEST_CASE("a machine with a gate and one without are alike") {
  std::uint64_t by_gate = 0;
  std::uint64_t hand_overs = 0;
  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = std::max(params.maxSuccess, 20'000);
  params.maxSize = std::max(params.maxSize, 200);
  rc::detail::TestMetadata about;
  about.id = "a machine with a gate and one without are alike";
  about.description = "the twins agree";
  auto const property = [&] {
    auto const options = drawn_options();
    both pair{options, *rc::gen::arbitrary<bool>()};
    auto const commands = *rc::gen::arbitrary<std::vector<command>>();
    for (auto const& each : commands) {
      pair.play(each);
    }
    pair.finish();
    by_gate += pair.gated().by_gate;
    hand_overs += pair.gated().hand_overs;
  };
  auto const result = rc::detail::checkTestable(property, about, params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    rc::detail::printResultMessage(result, std::cerr);
    FAIL("the twins differ; replay with RC_PARAMS='seed=" << params.seed << "'");
  }
  std::cout << hand_overs << " times handed over, " << by_gate << " takes and puts\n";
  CHECK(hand_overs > 10'000);
  CHECK(by_gate > 20'000);
}
