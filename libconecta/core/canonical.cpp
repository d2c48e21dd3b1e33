// The part of a machine that decides what it does next, as text: instants become distances from
// now, capped where a longer one makes no difference; counters, generations and the numbers of
// slots are left out, and slots that cannot be told apart are put in one order.

#include "core/machine.hpp"

#include <algorithm>

namespace conecta::core {

namespace {

void append(std::string& text, std::int64_t number) {
  text += std::to_string(number);
  text += ' ';
}

/// How far `then` lies ahead; anything overdue is 0, `never` is -1.
std::int64_t ahead(instant then, instant now) {
  return then == never ? -1 : std::max<std::int64_t>(0, (then - now).count());
}

} // namespace

std::string machine::canonical(instant now) const {
  std::vector<std::int64_t> place(slots_.size(), -1);
  std::int64_t next = 0;
  for (auto index = resting_.front(); index != index_list::none; index = resting_.after(index)) {
    place[index] = next++;
  }

  std::vector<std::string> parts;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    auto const& that = slots_[index];
    std::string text;
    append(text, static_cast<std::int64_t>(that.state));
    append(text, that.stuck ? 1 : 0);
    append(text, that.added ? 1 : 0);
    append(text, ahead(that.hook_deadline, now));
    append(text, index >= check_cursor_ ? 1 : 0);
    if (that.state == slot_state::idle || that.state == slot_state::checking) {
      auto const unused_at =
          options_.idle_timeout ? saturating_add(that.idle_since, *options_.idle_timeout) : never;
      append(text, place[index]);
      append(text, that.failed_checks);
      append(text, ahead(unused_at, now));
      append(text, that.idle_since <= scan_started_ ? 1 : 0);
    }
    if (that.state != slot_state::vacant && that.state != slot_state::opening &&
        that.state != slot_state::closing) {
      append(text, ahead(that.expires, now));
    }
    parts.push_back(std::move(text));
  }
  std::sort(parts.begin(), parts.end());

  std::string all;
  append(all, static_cast<std::int64_t>(phase_));
  append(all, phase_ == phase::open ? ahead(scan_due_, now) : -1);
  append(all, scan_started_ == now ? 1 : 0); // who comes to rest now is still looked at
  if (backoff_.failures() > 0) {
    append(all, backoff_delay(options_.backoff, backoff_.failures(), 0.0).count());
    append(all, ahead(backoff_.resume_at(), now));
  }
  for (auto const& part : parts) {
    all += '/' + part;
  }
  for (auto caller = waiters_.empty() ? std::nullopt : std::optional{waiters_.front()}; caller;
       caller = waiters_.after(*caller)) {
    all += 'w';
    append(all, ahead(waiters_.deadline_of(*caller), now));
  }
  return all;
}

} // namespace conecta::core
