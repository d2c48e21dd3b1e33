// What is handed over while nothing is pending, and what came of it.

#include "base/assert.hpp"
#include "core/machine.hpp"

#include <algorithm>

namespace conecta::core {

bool machine::may_ever_hand_over(pool_options const& options, hooks_present hooks) noexcept {
  return options.order == idle_order::lifo && !options.store && !options.max_idle &&
         !options.max_uses && !options.leak_threshold &&
         (!hooks.reset || options.returned == on_return::lend_again) &&
         (!hooks.check || (options.check_on_acquire == acquire_check::none &&
                           options.after_bad_check == bad_check::concerns_it_alone));
}

/// Nobody waits, no hook runs, nothing is to be opened, no lease has to be closed on return for
/// another reason than its age, and none is the first of a resource that may yet look dead.
bool machine::may_hand_over() const noexcept {
  auto const at_rest =
      count(slot_state::idle) + count(slot_state::leased) + count(slot_state::vacant) ==
      slots_.size();
  auto const nothing_to_open =
      initial_left_ == 0 && (options_.min_idle == 0 || occupied() >= options_.max_size);
  return lends() && at_rest && nothing_to_open && waiters_.empty() && ageing_ == 0 &&
         first_leases_ == 0 && count(slot_state::idle) > 0;
}

std::optional<std::size_t> machine::hand_over(instant now, std::vector<slot_ref>& idle) {
  CONECTA_ASSERT(may_hand_over() && !handed_over_, "machine::hand_over: something is pending");
  auto due = never; // of a lifetime, or of what is idle for too long and not kept by min_idle
  auto const some_are_spare = options_.idle_timeout && options_.min_idle < occupied();
  for (auto const& that : slots_) {
    if (that.state == slot_state::vacant) {
      continue;
    }
    due = std::min(due, that.expires);
    if (some_are_spare && that.state == slot_state::idle) {
      due = std::min(due, saturating_add(that.idle_since, *options_.idle_timeout));
    }
    if (that.stale || due <= now) {
      return std::nullopt;
    }
  }
  for (auto index = resting_.back(); index != nobody; index = resting_.before(index)) {
    ++slots_[index].generation;
    slots_[index].untried = false; // whether it still is will not be seen
    idle.push_back(ref(index));
  }
  handed_over_ = true;
  take_back_by_ = due;
  return count(slot_state::leased);
}

void machine::take_back(instant now, gate_report const& since) {
  CONECTA_ASSERT(handed_over_, "machine::take_back: nothing was handed over");
  handed_over_ = false;
  for (auto const& [index, used] : since.idle) {
    if (slots_[index].state == slot_state::leased) {
      move(index, slot_input::give_back);
    } else {
      resting_.remove(index);
    }
  }
  while (!resting_.empty()) {
    auto const index = resting_.front();
    resting_.remove(index);
    move(index, slot_input::grant);
  }
  for (auto each = since.idle.rbegin(); each != since.idle.rend(); ++each) {
    auto& that = slots_[each->index];
    auto const idle_since = each->used ? now : that.idle_since;
    that.failed_checks = each->used ? 0 : that.failed_checks;
    rest(each->index, idle_since);
  }
  tickets_ += since.lent;
  stats_.acquired += since.lent;
  stats_.returned += since.returned;
  stats_.peak_leased = std::max(stats_.peak_leased, since.peak_leased);
}

} // namespace conecta::core
