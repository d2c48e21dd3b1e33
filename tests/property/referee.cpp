#include "property/referee.hpp"

#include "core/invariants.hpp"
#include "core/message_text.hpp"

#include <type_traits>

namespace conecta::property {

namespace {

template <class Action>
concept about_a_slot = requires(Action a) { a.slot; };

slot_ref slot_of(core::action const& what) {
  return std::visit(
      []<class Action>(Action const& a) {
        if constexpr (about_a_slot<Action>) {
          return a.slot;
        } else {
          return slot_ref{};
        }
      },
      what);
}

core::action without_slot(core::action what) {
  std::visit(
      []<class Action>(Action& a) {
        if constexpr (about_a_slot<Action>) {
          a.slot = {};
        }
      },
      what);
  return what;
}

} // namespace

referee::referee(pool_options const& options, core::hooks_present hooks, std::uint64_t seed,
                 instant now)
    : machine_{options, hooks, seed, now},
      model_{options, hooks, seed, now},
      generations_(model_.slots()) {}

std::optional<std::string> referee::on(instant now, core::event const& what) {
  auto wrong = compare(now, what);
  auto const broken = wrong ? core::invariant_checker::first_broken(machine_, now) : std::nullopt;
  return broken && *broken != *wrong ? *wrong + "\n" + *broken : wrong;
}

std::optional<std::string> referee::compare(instant now, core::event const& what) {
  core::action_list out;
  auto const actual = play(now, what, out);
  auto const expected = model_.on(now, what, actual.fresh);
  if (actual.given != expected) {
    return expected == core::receipt::accepted ? "refused what is so" : "accepted what is not so";
  }
  if (actual.reserved && !is_new_name(model_.reserved(), *actual.reserved)) {
    return "reserved a slot that is taken, or under an old name";
  }
  if (auto wrong = same_actions(out)) {
    return wrong;
  }
  if (auto const wrong = differences(model_.stats(), machine_.stats()); !wrong.empty()) {
    return "the statistics differ:\n" + wrong;
  }
  auto const next = machine_.next_deadline();
  if (next != model_.next_deadline()) {
    return "next_deadline is " + std::to_string(next.time_since_epoch().count()) + ", not " +
           std::to_string(model_.next_deadline().time_since_epoch().count());
  }
  if (actual.given == core::receipt::refused) {
    return std::nullopt;
  }
  if (std::holds_alternative<core::tick>(what) && next <= now) {
    return "a tick leaves something due: a driver would spin";
  }
  return core::invariant_checker::first_broken(machine_, now);
}

referee::reply referee::play(instant now, core::event const& what, core::action_list& out) {
  reply given;
  std::visit(
      [&]<class Event>(Event const& e) {
        if constexpr (std::is_same_v<Event, core::acquire>) {
          given.fresh = machine_.on(now, e, out);
        } else if constexpr (std::is_same_v<Event, core::spurn>) {
          auto const fresh = machine_.on(now, e, out);
          given.fresh = fresh.value_or(ticket{});
          given.given = fresh ? core::receipt::accepted : core::receipt::refused;
        } else if constexpr (std::is_same_v<Event, core::reserve>) {
          given.reserved = machine_.on(now, e, out);
          given.given = given.reserved ? core::receipt::accepted : core::receipt::refused;
        } else {
          given.given = machine_.on(now, e, out);
        }
      },
      what);
  return given;
}

std::optional<std::string> referee::same_actions(core::action_list const& actual) {
  std::vector<core::action> left(actual.begin(), actual.end());
  for (auto const& expected : model_.actions()) {
    auto const found = [&] {
      for (auto it = left.begin(); it != left.end(); ++it) {
        if (fits(expected, *it)) {
          return it;
        }
      }
      return left.end();
    }();
    if (found == left.end()) {
      auto text = "missing: " + core::to_text(expected.what);
      if (expected.about != nothing) {
        auto const name = model_.with_id(expected.about).name;
        text += " (the slot was s" + std::to_string(name.index) + "." +
                std::to_string(name.generation) + ")";
      }
      for (auto const& action : actual) {
        text += "\n  actual: " + core::to_text(action);
      }
      return text;
    }
    left.erase(found);
  }
  if (!left.empty()) {
    return "not expected: " + core::to_text(left.front());
  }
  return std::nullopt;
}

bool referee::fits(foreseen const& expected, core::action const& actual) {
  if (expected.about == nothing) {
    return actual == expected.what;
  }
  return without_slot(actual) == expected.what && is_new_name(expected.about, slot_of(actual));
}

/// A name must be of the slot that the thing has, or of a free one if it has none yet, and newer
/// than all names that the slot has had. Then it is learned.
bool referee::is_new_name(int about, slot_ref name) {
  if (name.index >= model_.slots()) {
    return false;
  }
  generations_.resize(model_.slots());
  if (name.generation <= generations_[name.index]) {
    return false;
  }
  for (auto const& that : model_.things()) {
    auto const has_a_name = that.name.generation != 0;
    if (that.id == about ? has_a_name && that.name.index != name.index
                         : has_a_name && that.name.index == name.index) {
      return false;
    }
  }
  generations_[name.index] = name.generation;
  model_.learn(about, name);
  return true;
}

std::string differences(pool_stats const& expected, pool_stats const& actual) {
  std::string text;
  auto const compare = [&](char const* field, auto left, auto right) {
    if (left != right) {
      text += "  " + std::string{field} + " is " + std::to_string(right) + ", not " +
              std::to_string(left) + "\n";
    }
  };
  if (expected == actual) {
    return text;
  }
  compare("idle", expected.idle, actual.idle);
  compare("leased", expected.leased, actual.leased);
  compare("opening", expected.opening, actual.opening);
  compare("checking", expected.checking, actual.checking);
  compare("resetting", expected.resetting, actual.resetting);
  compare("closing", expected.closing, actual.closing);
  compare("stuck", expected.stuck, actual.stuck);
  compare("waiters", expected.waiters, actual.waiters);
  compare("opened", expected.opened, actual.opened);
  compare("open_failed", expected.open_failed, actual.open_failed);
  compare("closed", expected.closed, actual.closed);
  compare("acquired", expected.acquired, actual.acquired);
  compare("returned", expected.returned, actual.returned);
  compare("timed_out", expected.timed_out, actual.timed_out);
  compare("cancelled", expected.cancelled, actual.cancelled);
  compare("rejected", expected.rejected, actual.rejected);
  compare("checks_ok", expected.checks_ok, actual.checks_ok);
  compare("checks_failed", expected.checks_failed, actual.checks_failed);
  compare("detached", expected.detached, actual.detached);
  compare("added", expected.added, actual.added);
  compare("leaked", expected.leaked, actual.leaked);
  compare("reclaimed", expected.reclaimed, actual.reclaimed);
  compare("peak_live", expected.peak_live, actual.peak_live);
  compare("peak_leased", expected.peak_leased, actual.peak_leased);
  compare("peak_waiters", expected.peak_waiters, actual.peak_waiters);
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    auto const reason = static_cast<close_reason>(i);
    auto const name = std::string{name_of(reason)};
    compare(("closed_by " + name).c_str(), expected.closed_by[reason], actual.closed_by[reason]);
    compare(("evicted_by " + name).c_str(), expected.evicted_by[reason], actual.evicted_by[reason]);
  }
  return text;
}

} // namespace conecta::property
