#include "threads/recorded_history.hpp"

#include "core/message_text.hpp"
#include "property/referee.hpp"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

namespace conecta::test {

namespace {

errc code_of(core::reject_reason reason) {
  switch (reason) {
  case core::reject_reason::closed:
    return errc::closed;
  case core::reject_reason::exhausted:
    return errc::exhausted;
  case core::reject_reason::timed_out:
    return errc::timed_out;
  case core::reject_reason::cancelled:
    return errc::cancelled;
  case core::reject_reason::queue_full:
    return errc::queue_full;
  case core::reject_reason::open_failed:
    return errc::open_failed;
  case core::reject_reason::suspended:
    return errc::suspended;
  }
  return errc::not_owned;
}

std::string text_of(core_step const& step) {
  return std::to_string(step.at.time_since_epoch().count()) + " " + core::to_text(step.what);
}

/// The step and what led to it.
std::string text_up_to(order_of_the_core const& core, std::size_t index) {
  std::string text;
  for (auto i = index < 12 ? 0 : index - 12; i <= index; ++i) {
    text += "\n  " + text_of(core.steps[i]);
  }
  return text;
}

struct replayed {
  driver::core_answer answer;
  std::vector<core::action> actions;
};

replayed play_again(core::machine& machine, core_step const& step) {
  replayed again;
  core::action_list out;
  again.answer = std::visit(
      [&](auto const& what) { return driver::as_answer(machine.on(step.at, what, out)); },
      step.what);
  again.actions.assign(out.begin(), out.end());
  return again;
}

/// How the core answered an acquire, and when.
struct verdict {
  std::size_t step = 0;
  std::optional<slot_ref> granted;
  std::optional<errc> refused;
};

using verdicts = std::map<ticket, verdict>;

verdicts verdicts_of(order_of_the_core const& core) {
  verdicts found;
  for (std::size_t i = 0; i < core.steps.size(); ++i) {
    for (auto const& action : core.steps[i].actions) {
      if (auto const* const grant = std::get_if<core::grant>(&action)) {
        found[grant->caller] = {i, grant->slot, std::nullopt};
      } else if (auto const* const reject = std::get_if<core::reject>(&action)) {
        found[reject->caller] = {i, std::nullopt, code_of(reject->reason)};
      }
    }
  }
  return found;
}

/// Follows one thread through the core's order.
class follower {
 public:
  follower(order_of_the_core const& core, verdicts const& answers, account_of_a_thread const& told)
      : core_{core}, answers_{answers}, told_{told}, lent_(told.operations.size()) {}

  std::optional<std::string> first_wrong() {
    for (std::size_t i = 0; i < told_.operations.size(); ++i) {
      if (auto const* const wrong = follow(i)) {
        return std::string{wrong} + ", operation " + std::to_string(i) + " of its thread, before" +
               text_up_to(core_, std::min(next_, core_.steps.size() - 1));
      }
    }
    return skip_to_own()
               ? std::optional{"an event that nobody asked for" + text_up_to(core_, next_)}
               : std::nullopt;
  }

 private:
  /// Cancellations come from stop requests, and retries from wake-ups: the model judges them.
  bool skip_to_own() {
    while (next_ < core_.steps.size() &&
           (core_.steps[next_].by != told_.who || core_.steps[next_].at > told_.ended ||
            std::holds_alternative<core::cancel>(core_.steps[next_].what) ||
            std::holds_alternative<core::retry>(core_.steps[next_].what))) {
      ++next_;
    }
    return next_ < core_.steps.size();
  }

  template <class Event>
  Event const* next(operation const& that) {
    if (!skip_to_own() || core_.steps[next_].at < that.start || core_.steps[next_].at > that.end) {
      return nullptr;
    }
    auto const* const found = std::get_if<Event>(&core_.steps[next_].what);
    at_ = next_++;
    return found;
  }

  char const* follow(std::size_t index) {
    auto const& that = told_.operations[index];
    auto const lent = index < lent_.size() ? lent_[that.of_lease] : slot_ref{};
    switch (that.what) {
    case operation::kind::acquire:
      return follow_acquire(that, index);
    case operation::kind::release:
      return ends<core::give_back>(that, lent);
    case operation::kind::discard:
      return ends<core::discard>(that, lent);
    case operation::kind::detach:
      return ends<core::detach>(that, lent);
    case operation::kind::add:
      return follow_add(that);
    case operation::kind::resize:
      return happens<core::resize>(that);
    case operation::kind::invalidate:
      return happens<core::invalidate>(that);
    case operation::kind::evict_idle:
      return happens<core::evict_idle>(that);
    case operation::kind::suspend:
      return happens<core::suspend>(that);
    case operation::kind::resume:
      return happens<core::resume>(that);
    }
    return "an operation of no kind";
  }

  char const* follow_acquire(operation const& that, std::size_t index) {
    if (that.refused == errc::cancelled && (!skip_to_own() || core_.steps[next_].at > that.end)) {
      return nullptr; // asked to stop before it asked
    }
    if (next<core::acquire>(that) == nullptr) {
      return "no acquire of the core within the call";
    }
    auto const found = answers_.find(core_.steps[at_].answer.caller);
    if (found == answers_.end()) {
      return "a caller that the core never answered";
    }
    auto const& [step, granted, refused] = found->second;
    if (step < at_ || core_.steps[step].at > that.end) {
      return "answered before the core did";
    }
    if (granted) {
      lent_[index] = *granted;
      return that.refused ? "refused what the core granted" : nullptr;
    }
    return that.refused == *refused ? nullptr : "another answer than the core's";
  }

  template <class Event>
  char const* ends(operation const& that, slot_ref lent) {
    auto const* const found = next<Event>(that);
    return found == nullptr      ? "no end of the lease in the core within the call"
           : found->slot != lent ? "the end of another lease"
           : !accepted()         ? "the end of a lease was refused"
                                 : nullptr;
  }

  char const* follow_add(operation const& that) {
    if (next<core::reserve>(that) == nullptr) {
      return "no reserve of the core within the call";
    }
    auto const slot = core_.steps[at_].answer.reserved;
    auto const taken = !that.refused;
    if (taken != slot.has_value()) {
      return "another answer to add than the core's";
    }
    if (!taken) {
      return nullptr;
    }
    auto const* const brought = next<core::opened>(that);
    return brought != nullptr && brought->slot == *slot ? nullptr : "added elsewhere";
  }

  template <class Event>
  char const* happens(operation const& that) {
    return next<Event>(that) != nullptr ? nullptr : "no such event of the core within the call";
  }

  [[nodiscard]] bool accepted() const {
    return core_.steps[at_].answer.given == core::receipt::accepted;
  }

  order_of_the_core const& core_;
  verdicts const& answers_;
  account_of_a_thread const& told_;
  std::vector<slot_ref> lent_; ///< by the operation that acquired
  std::size_t next_ = 0;
  std::size_t at_ = 0;
};

} // namespace

void order_of_the_core::begins(pool_options const& with, core::hooks_present having,
                               std::uint64_t seeded, instant now) {
  options = with;
  hooks = having;
  seed = seeded;
  beginning = now;
}

void order_of_the_core::happened(instant now, core::event const& what,
                                 driver::core_answer const& answer,
                                 core::action_list const& actions) {
  steps.push_back(
      {now, std::this_thread::get_id(), what, answer, {actions.begin(), actions.end()}});
}

std::optional<std::string> disagreement_with_model(order_of_the_core const& core) {
  property::referee referee{core.options, core.hooks, core.seed, core.beginning};
  core::machine machine{core.options, core.hooks, core.seed, core.beginning};
  auto now = core.beginning;
  for (std::size_t i = 0; i < core.steps.size(); ++i) {
    auto const& step = core.steps[i];
    if (std::exchange(now, step.at) > step.at) {
      return "time went backwards" + text_up_to(core, i);
    }
    if (auto const wrong = referee.on(step.at, step.what)) {
      return *wrong + text_up_to(core, i);
    }
    auto const again = play_again(machine, step);
    if (again.actions != step.actions || again.answer.given != step.answer.given ||
        again.answer.caller != step.answer.caller ||
        again.answer.reserved != step.answer.reserved) {
      return "the core did something else the second time" + text_up_to(core, i);
    }
  }
  return std::nullopt;
}

std::optional<std::string> effect_out_of_place(order_of_the_core const& core,
                                               std::vector<account_of_a_thread> const& all) {
  auto const answers = verdicts_of(core);
  for (auto const& each : all) {
    if (auto wrong = follower{core, answers, each}.first_wrong()) {
      return wrong;
    }
  }
  return std::nullopt;
}

std::optional<std::string> shared_resource(std::vector<account_of_a_thread> const& all) {
  struct holding {
    int resource;
    instant from;
    instant to;
  };
  std::vector<holding> held;
  for (auto const& each : all) {
    for (auto const& that : each.operations) {
      auto const ends = that.what == operation::kind::release ||
                        that.what == operation::kind::discard ||
                        that.what == operation::kind::detach;
      if (ends) {
        auto const& began = each.operations[that.of_lease];
        held.push_back({began.resource, began.end, that.start});
      }
    }
  }
  std::sort(held.begin(), held.end(), [](holding const& a, holding const& b) {
    return std::pair{a.resource, a.from} < std::pair{b.resource, b.from};
  });
  for (std::size_t i = 1; i < held.size(); ++i) {
    if (held[i].resource == held[i - 1].resource && held[i].from < held[i - 1].to) {
      return "resource " + std::to_string(held[i].resource) + " was held by two at once";
    }
  }
  return std::nullopt;
}

} // namespace conecta::test
