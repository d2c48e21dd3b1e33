#pragma once

// A conversation with the pool's machine under virtual time: say an event, expect its actions, all
// of them and in order. What was not expected before the next event, or at the end, is a failure.

#include "core/machine.hpp"
#include "core/message_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <variant>
#include <vector>

template <>
struct Catch::StringMaker<std::vector<conecta::core::action>> {
  static std::string convert(std::vector<conecta::core::action> const& actions) {
    std::string text;
    for (auto const& action : actions) {
      text += "\n    " + conecta::core::to_text(action);
    }
    return actions.empty() ? "nothing" : text;
  }
};

namespace conecta::test {

/// Slot `index` in its use number `generation`; the first is 1.
[[nodiscard]] inline slot_ref s(std::uint32_t index, std::uint32_t generation) {
  return {index, generation};
}

class dialogue {
 public:
  explicit dialogue(pool_options const& options, core::hooks_present hooks = {})
      : machine_{options, hooks, 1, instant{}} {}
  ~dialogue() {
    if (!heard_.empty()) {
      INFO("at the end of the dialogue");
      CHECK(heard_ == std::vector<core::action>{});
    }
  }
  dialogue(dialogue const&) = delete;
  dialogue& operator=(dialogue const&) = delete;

  /// From here on it is so long after the beginning.
  dialogue& at(duration since_start) {
    now_ = instant{since_start};
    return *this;
  }
  /// The instant so long from now.
  [[nodiscard]] instant in(duration delay) const { return now_ + delay; }

  ticket acquire(duration timeout) { return acquire_until(in(timeout)); }
  ticket acquire() { return acquire_until(never); }
  ticket acquire_until(instant deadline) {
    core::acquire const request{deadline};
    return answer<core::acquire, ticket>(request);
  }
  std::optional<slot_ref> reserve() {
    return answer<core::reserve, std::optional<slot_ref>>(core::reserve{});
  }
  /// Under which ticket the caller that was granted `slot` waits on; none if the slot is refused.
  std::optional<ticket> spurn(slot_ref slot, instant deadline = never) {
    return answer<core::spurn, std::optional<ticket>>(core::spurn{slot, deadline});
  }
  template <class Event>
  void on(Event const& what) {
    INFO(core::to_text(core::event{what}));
    CHECK(answer(what) == core::receipt::accepted);
  }
  template <class Event>
  void refuses(Event const& what) {
    INFO(core::to_text(core::event{what}));
    auto const before = stats();
    CHECK(answer(what) == core::receipt::refused);
    expect({});
    CHECK(stats() == before);
  }
  void tick() { on(core::tick{}); }

  /// What is idle, the one used last at the end; none if something is pending.
  std::optional<std::vector<slot_ref>> hand_over() {
    std::vector<slot_ref> idle;
    return machine_.may_hand_over() && machine_.hand_over(now_, idle) ? std::optional{idle}
                                                                      : std::nullopt;
  }
  void take_back(core::gate_report const& since) { machine_.take_back(now_, since); }

  void expect(std::vector<core::action> const& actions) {
    CHECK(heard_ == actions);
    heard_.clear();
  }

  /// A lease, from an idle resource or a new one. REQUIRES: nobody waits.
  slot_ref lend() {
    acquire();
    if (auto const* const opening = std::get_if<core::open>(&heard_.at(0))) {
      auto const slot = opening->slot;
      heard_.clear();
      on(core::opened{slot});
    }
    if (auto const* const woken = std::get_if<core::wake>(&heard_.at(0))) {
      auto const caller = woken->caller;
      heard_.clear();
      on(core::retry{caller});
    }
    auto const slot = std::get<core::grant>(heard_.at(0)).slot;
    heard_.clear();
    return slot;
  }

  /// So many leases: s(0, 2), s(1, 2) ... REQUIRES: a new pool.
  void hold(std::uint32_t leases) {
    for (std::uint32_t index = 0; index < leases; ++index) {
      CHECK(lend() == s(index, 2));
    }
  }
  /// So many idle resources, 0 the one unused longest; the next use of each is its third.
  void fill(std::uint32_t resources) {
    hold(resources);
    for (std::uint32_t index = 0; index < resources; ++index) {
      on(core::give_back{s(index, 2)});
    }
  }

  /// For the steps that only set the stage.
  void forget_what_was_heard() { heard_.clear(); }

  [[nodiscard]] pool_stats stats() const { return machine_.stats(); }
  [[nodiscard]] instant next_deadline() const { return machine_.next_deadline(); }
  [[nodiscard]] core::machine const& machine() const { return machine_; }

 private:
  template <class Event, class Answer = core::receipt>
  Answer answer(Event const& what) {
    CHECK(heard_ == std::vector<core::action>{});
    core::action_list out;
    auto const given = machine_.on(now_, what, out);
    heard_.assign(out.begin(), out.end());
    return given;
  }

  core::machine machine_;
  instant now_{};
  std::vector<core::action> heard_;
};

} // namespace conecta::test
