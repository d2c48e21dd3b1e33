#include "run/witness.hpp"

#include <algorithm>

namespace conecta::run {

namespace {

constexpr std::array names = {"no_leak",      "cap",       "conservation", "no_bad_lease",
                              "idle_in_time", "deadlines", "own_reply",    "min_idle_restored"};

std::string text(std::uint64_t number) { return std::to_string(number); }

std::string milliseconds(duration time) {
  return text(static_cast<std::uint64_t>(
             std::chrono::duration_cast<std::chrono::milliseconds>(time).count())) +
         " ms";
}

} // namespace

witness::witness(pool_options const& promised, std::function<void()> broken)
    : promised_{promised}, on_broken_{std::move(broken)}, min_idle_{promised} {}

void witness::require(promise which, bool held, std::function<std::string()> const& how) {
  auto& judged = of(which);
  ++judged.looked;
  if (held || !judged.broken.empty()) {
    return;
  }
  judged.broken = how();
  on_broken_();
}

void witness::opening() {
  ++held_;
  if (!promised_.reclaim_after) { // which takes places beyond it
    require(promise::cap, held_ <= promised_.max_size, [&] {
      return text(held_) + " descriptors were held, max_size is " + text(promised_.max_size);
    });
  }
}

void witness::opened(int handle, instant now) {
  ++opened_;
  resources_[handle] = {resource::place::idle, now, now, 0};
  min_idle_.holds(resources_.size());
}

void witness::open_failed() { held_ -= held_ > 0 ? 1U : 0U; }

void witness::checking(int handle) { resources_[handle].at = resource::place::checking; }
void witness::checked(int handle) { resources_[handle].at = resource::place::idle; }

void witness::closing(int handle) {
  ++closed_;
  held_ -= held_ > 0 ? 1U : 0U;
  auto const found = resources_.find(handle);
  require(promise::no_bad_lease,
          found == resources_.end() || found->second.at != resource::place::lent,
          [] { return std::string{"a connection was closed while it was lent"}; });
  if (found != resources_.end()) {
    resources_.erase(found);
  }
  if (!ending_) {
    min_idle_.holds(resources_.size());
  }
}

void witness::lent(int handle, instant now) {
  auto const found = resources_.find(handle);
  auto const known = found != resources_.end();
  require(promise::no_bad_lease, known,
          [] { return std::string{"a connection was lent that is not open"}; });
  if (!known) {
    return;
  }
  auto& that = found->second;
  require(promise::no_bad_lease, that.at == resource::place::idle, [&] {
    return std::string{that.at == resource::place::lent  ? "a connection was lent to two"
                       : that.at == resource::place::bad ? "a discarded connection was lent again"
                                                         : "a connection was lent while checked"};
  });
  if (promised_.max_lifetime) {
    auto const age = now - that.opened;
    require(promise::no_bad_lease, age <= *promised_.max_lifetime + witness_slack, [&] {
      return "a connection was lent at an age of " + milliseconds(age) + ", max_lifetime is " +
             milliseconds(*promised_.max_lifetime);
    });
  }
  ++that.uses;
  if (promised_.max_uses) {
    require(promise::no_bad_lease, that.uses <= *promised_.max_uses, [&] {
      return "a connection was lent " + text(that.uses) + " times, max_uses is " +
             text(*promised_.max_uses);
    });
  }
  that.at = resource::place::lent;
}

void witness::given_back(int handle, instant now) {
  auto& that = resources_[handle];
  that.at = resource::place::idle;
  that.idle_since = now;
}

void witness::discarded(int handle) { resources_[handle].at = resource::place::bad; }

void witness::answered(instant deadline, instant now) {
  ++of(promise::deadlines).looked;
  latest_answer_ = std::max(latest_answer_, now - deadline);
}

void witness::replied(std::size_t request, reply_owner whose) {
  auto& seen = replies_[request];
  seen.own = seen.own || whose == reply_owner::own;
  seen.other = seen.other || whose == reply_owner::other;
  if (seen.own) {
    require(promise::own_reply, !seen.other,
            [] { return std::string{"a reply held the {{nonce}} of another request"}; });
  }
}

void witness::look(pool_stats const& now_so, instant now, duration own_lag) {
  worst_lag_ = std::max(worst_lag_, own_lag);
  auto const live = now_so.idle + now_so.leased + now_so.checking + now_so.resetting +
                    now_so.closing + now_so.detached;
  require(promise::conservation, now_so.opened == now_so.closed + live, [&] {
    return text(now_so.opened) + " opened, but " + text(now_so.closed) + " closed and " +
           text(live) + " live or detached";
  });
  judge_idle(now, own_lag);
  judge_min_idle(now_so, now, own_lag);
}

/// Nothing goes if fewer than min_idle would be idle: so many may be older.
void witness::judge_idle(instant now, duration own_lag) {
  if (!promised_.idle_timeout) {
    return;
  }
  auto const limit =
      *promised_.idle_timeout + 2 * promised_.scan_interval + witness_slack + own_lag;
  auto const count_older = [&](duration than) {
    return static_cast<std::size_t>(
        std::count_if(resources_.begin(), resources_.end(), [&](auto const& each) {
          return each.second.at == resource::place::idle && now - each.second.idle_since > than;
        }));
  };
  auto const too_old = count_older(limit);
  if (too_old > promised_.min_idle) {
    require(promise::idle_in_time, false, [&] {
      return text(too_old) + " connections were idle for more than " + milliseconds(limit) +
             ", min_idle is " + text(promised_.min_idle);
    });
  } else if (count_older(*promised_.idle_timeout) > 0) {
    ++of(promise::idle_in_time).looked;
  }
}

void witness::judge_min_idle(pool_stats const& now_so, instant now, duration own_lag) {
  if (ending_ || promised_.min_idle == 0) {
    return;
  }
  auto const found = min_idle_.look(now_so, now, own_lag);
  if (found == restoring::state::overdue) {
    require(promise::min_idle_restored, false, [&] {
      return text(now_so.idle) + " were idle, min_idle is " + text(promised_.min_idle) + ", " +
             milliseconds(min_idle_.bound()) + " after anything failed or was lent";
    });
  }
}

void witness::ending() {
  ending_ = true;
  of(promise::min_idle_restored).looked += min_idle_.restored();
}

void witness::finish(pool_stats const& at_end) {
  require(promise::conservation, opened_ == at_end.opened && closed_ == at_end.closed, [&] {
    return "the pool counts " + text(at_end.opened) + " opened and " + text(at_end.closed) +
           " closed, its endpoint " + text(opened_) + " and " + text(closed_);
  });
  require(promise::no_leak,
          at_end.leased == 0 && at_end.acquired == at_end.returned + at_end.detached &&
              held_ == 0 && resources_.empty(),
          [&] {
            return text(at_end.acquired) + " leases, " + text(at_end.returned) + " returns, " +
                   text(resources_.size()) + " connections never closed";
          });
  of(promise::idle_in_time).looked += at_end.closed_by[close_reason::idle];
  auto const late = latest_answer_ > witness_slack;
  if (late && latest_answer_ <= witness_slack + worst_lag_) {
    of(promise::deadlines).looked = 0; // this process was as late as that itself
  } else if (late) {
    require(promise::deadlines, false, [&] {
      return "a caller was answered " + milliseconds(latest_answer_) + " after its deadline";
    });
  }
}

std::string witness::why_not_judged(promise which) const {
  switch (which) {
  case promise::cap:
    if (promised_.reclaim_after) {
      return "reclaim_after lets resources beyond max_size be";
    }
    break;
  case promise::deadlines:
    if (latest_answer_ > witness_slack) {
      return "this process was up to " + milliseconds(worst_lag_) + " late itself";
    }
    break;
  case promise::own_reply:
    return replies_.empty() ? "no request with a {{nonce}} had a reply"
                            : "no reply held the {{nonce}} of its request";
  case promise::min_idle_restored:
    return promised_.min_idle == 0   ? "min_idle is 0"
           : min_idle_.broken_into() ? "the run ended before min_idle had to be there again"
                                     : "never were fewer than min_idle left";
  case promise::no_leak:
  case promise::conservation:
  case promise::no_bad_lease:
  case promise::idle_in_time:
    break;
  }
  return "the run never put it to the test";
}

invariant_result witness::verdict(promise which) const {
  auto const& judged = judged_[static_cast<std::size_t>(which)];
  invariant_result made;
  made.name = names[static_cast<std::size_t>(which)];
  if (!judged.broken.empty()) {
    made.judged = invariant_result::status::violated;
    made.detail = judged.broken;
  } else if (judged.looked > 0) {
    made.judged = invariant_result::status::held;
  } else {
    made.detail = why_not_judged(which);
  }
  return made;
}

std::vector<invariant_result> witness::verdicts() const {
  std::vector<invariant_result> all;
  for (std::size_t which = 0; which < promises; ++which) {
    all.push_back(verdict(static_cast<promise>(which)));
  }
  return all;
}

} // namespace conecta::run
