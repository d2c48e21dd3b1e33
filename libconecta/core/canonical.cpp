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
    parts.push_back(canonical_slot(index, place[index], now));
  }
  std::sort(parts.begin(), parts.end());

  std::string all;
  append(all, static_cast<std::int64_t>(phase_));
  append(all, suspended_ ? 1 : 0);
  append(all, static_cast<std::int64_t>(options_.max_size));
  append(all, static_cast<std::int64_t>(initial_left_));
  append(all, phase_ == phase::open ? ahead(scan_due_, now) : -1);
  append(all, scan_started_ == now ? 1 : 0);   // who comes to rest now is still looked at
  append(all, suspect_before_ == now ? 1 : 0); // what is proven now is still suspect
  if (backoff_.failures() > 0) {
    append(all, backoff_delay(options_.backoff, backoff_.failures(), 0.0).count());
    append(all, ahead(backoff_.resume_at(), now));
  }
  if (hooks_.look) {
    append(all, backoff_delay(options_.backoff, backoff_.forgiven() + 1, 0.0).count());
  }
  append(all, static_cast<std::int64_t>(backoff_.opens_allowed(never, options_.open_concurrency)));
  for (auto const& part : parts) {
    all += '/' + part;
  }
  for (auto caller = waiters_.empty() ? std::nullopt : std::optional{waiters_.front()}; caller;
       caller = waiters_.after(*caller)) {
    all += waiters_.is_awake(*caller) ? 'W' : 'w';
    append(all, waiters_.times_overtaken(*caller));
    append(all, ahead(waiters_.deadline_of(*caller), now));
  }
  return all;
}

std::string machine::canonical_slot(std::uint32_t index, std::int64_t place, instant now) const {
  auto const& that = slots_[index];
  std::string text;
  append(text, static_cast<std::int64_t>(that.state));
  for (bool const flag : {that.stuck, that.added, that.stale, that.on_demand, that.ageing,
                          that.overdue, that.written_off, that.untried, index >= check_cursor_}) {
    text += flag ? '1' : '0';
  }
  append(text, ahead(deadlines_.of(index), now));
  if (that.untried) {
    append(text, ahead(saturating_add(that.idle_since, options_.backoff.initial), now));
  }
  if (that.state == slot_state::idle || that.state == slot_state::checking) {
    append(text, place);
    append(text, that.failed_checks);
    append(text,
           ahead(options_.idle_timeout ? saturating_add(that.idle_since, *options_.idle_timeout)
                                       : never,
                 now));
    append(text, that.idle_since <= scan_started_ ? 1 : 0);
    if (options_.check_on_acquire == acquire_check::if_idle_for) {
      append(text, ahead(saturating_add(std::max(that.idle_since, that.proven_at),
                                        options_.check_if_idle_for),
                         now));
    }
  }
  if (that.state != slot_state::vacant && that.state != slot_state::opening &&
      that.state != slot_state::closing) {
    append(text, ahead(that.expires, now));
    append(text, ahead(that.replace_at, now));
    append(text, options_.max_uses ? that.uses : 0);
    append(text, that.proven_at <= suspect_before_ ? 1 : 0);
  }
  return text;
}

} // namespace conecta::core
