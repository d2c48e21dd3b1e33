#include "driver/shell.hpp"

#include "base/assert.hpp"

#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace conecta::driver {

namespace {

core::health health_of(engine::health found) {
  switch (found) {
  case engine::health::good:
    return core::health::good;
  case engine::health::bad:
    return core::health::bad;
  case engine::health::unknown:
    break;
  }
  return core::health::unknown;
}

} // namespace

open_failure current_open_failure() noexcept {
  try {
    throw;
  } catch (boost::system::system_error const& failed) {
    return {failed.code(), copy_if_possible(failed.what())};
  } catch (std::system_error const& failed) {
    return {failed.code(), copy_if_possible(failed.what())};
  } catch (std::exception const& failed) {
    return {errc::open_failed, copy_if_possible(failed.what())};
  } catch (...) {
    return {errc::open_failed,
            copy_if_possible("the open hook threw something that is no exception")};
  }
}

void throw_no_open() {
  throw std::logic_error{"the endpoint has no open hook: only what is added can be lent"};
}

error refused_options(invalid_options const& refused) {
  error failure;
  failure.code = make_error_code(boost::system::errc::invalid_argument);
  failure.detail = refused.what();
  return failure;
}

error refused_thread(std::system_error const& failed) {
  error failure;
  failure.code = failed.code();
  failure.detail = failed.what();
  return failure;
}

engine::engine(pool_options const& options, hooks_present hooks, carrier& carried_by, callers by)
    : shell_{std::make_unique<shell>(options, hooks, carried_by, by)} {}
engine::~engine() = default;

request engine::request_for(acquire_options const& options, std::source_location where) const {
  request asked{.deadline = instant::min(), .where = where, .tag = options.tag};
  if (options.deadline) {
    CONECTA_ASSERT(!options.timeout, "acquire_options: timeout and deadline are both set");
    asked.deadline = *options.deadline;
  } else if (auto const timeout = options.timeout.value_or(shell_->options().acquire_timeout);
             timeout > duration::zero()) {
    asked.deadline = saturating_add(std::chrono::steady_clock::now(), timeout);
  }
  return asked;
}

std::optional<slot_ref> engine::take() noexcept { return shell_->take(); }
bool engine::put(slot_ref slot) noexcept { return shell_->put(slot); }
acquire_answer engine::acquire(request const& asked, waiter& caller) {
  if (auto const slot = take()) {
    return *slot;
  }
  return shell_->acquire(asked, caller);
}
std::optional<slot_ref> engine::retry(ticket caller) { return shell_->retry(caller); }
void engine::confirm(slot_ref slot) { shell_->confirm(slot); }
acquire_answer engine::spurn(slot_ref slot, instant deadline, waiter& caller) {
  return shell_->spurn(slot, deadline, caller);
}
void engine::cancel(ticket caller) { shell_->run(core::cancel{caller}); }
void engine::give_back(slot_ref slot) {
  if (!put(slot)) {
    shell_->run(core::give_back{slot});
  }
}
void engine::discard(slot_ref slot, close_reason reason) {
  CONECTA_ASSERT(static_cast<std::size_t>(reason) < close_reason_count,
                 "lease::discard: a reason that close_reason does not have");
  shell_->run(core::discard{slot, reason});
}
void engine::detach(slot_ref slot) { shell_->run(core::detach{slot}); }
result<slot_ref> engine::reserve() { return shell_->reserve(); }
void engine::opened(slot_ref slot) { shell_->opened(slot); }
void engine::open_failed(slot_ref slot, open_failure failure) {
  shell_->open_failed(slot, std::move(failure));
}
void engine::checked(slot_ref slot, health found) {
  shell_->run(core::checked{slot, health_of(found)});
}
void engine::reset_done(slot_ref slot, health found) {
  shell_->run(core::reset_done{slot, health_of(found)});
}
void engine::closed(slot_ref slot) { shell_->run(core::closed{slot}); }
void engine::tick() { shell_->tick(); }
void engine::drain() { shell_->drain(); }
std::vector<lease_info> engine::leases() const { return shell_->leases(); }
pool_durations engine::durations() const { return shell_->durations(); }
result<void> engine::resize(std::size_t max_size) { return shell_->resize(max_size); }
void engine::invalidate() { shell_->run(core::invalidate{}); }
std::size_t engine::evict_idle() { return shell_->evict_idle(); }
void engine::suspend() { shell_->run(core::suspend{}); }
void engine::resume() { shell_->run(core::resume{}); }
pool_stats engine::stats() const { return shell_->stats(); }
pool_options const& engine::options() const noexcept { return shell_->options(); }
bool engine::tells_here() const noexcept { return shell_->tells_here(); }
error engine::cancelled_early() { return shell_->cancelled_early(); }
error engine::failure(errc code) const { return shell_->failure(code); }

} // namespace conecta::driver
