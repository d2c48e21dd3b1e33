// A checker that has never failed proves nothing: with a bug planted in the core the simulator must
// complain, and without one it must not.

#include "core/planted.hpp"
#include "sim/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

using namespace conecta;
using core::bug;

namespace {

/// In the order of core/planted.hpp.
constexpr std::pair<bug, char const*> bugs[]{
    {bug::grant_to_expired_waiter, "grant_to_expired_waiter"},
    {bug::newcomer_overtakes, "newcomer_overtakes"},
    {bug::failed_open_wakes_nobody, "failed_open_wakes_nobody"},
    {bug::discard_wakes_nobody, "discard_wakes_nobody"},
    {bug::double_return_accepted, "double_return_accepted"},
    {bug::reaper_breaks_min_idle, "reaper_breaks_min_idle"},
    {bug::expired_resource_is_lent, "expired_resource_is_lent"},
    {bug::phantom_idle_after_close, "phantom_idle_after_close"},
    {bug::check_leaks_capacity, "check_leaks_capacity"},
    {bug::counter_drifts_on_cancel, "counter_drifts_on_cancel"},
    {bug::opens_despite_backoff, "opens_despite_backoff"},
    {bug::late_open_is_forgotten, "late_open_is_forgotten"},
    {bug::grant_to_cancelled, "grant_to_cancelled"},
    {bug::check_draws_lifetime, "check_draws_lifetime"},
    {bug::drained_while_lent, "drained_while_lent"},
    {bug::stuck_open_is_awaited, "stuck_open_is_awaited"},
    {bug::resize_underflows, "resize_underflows"},
    {bug::resize_revokes_nothing, "resize_revokes_nothing"},
    {bug::deadline_rearmed, "deadline_rearmed"},
    {bug::spurned_goes_last, "spurned_goes_last"},
    {bug::wake_up_is_lost, "wake_up_is_lost"},
    {bug::overtaken_for_ever, "overtaken_for_ever"},
    {bug::herd_after_recovery, "herd_after_recovery"},
    {bug::expiry_missed_on_return, "expiry_missed_on_return"},
    {bug::uses_off_by_one, "uses_off_by_one"},
    {bug::max_idle_ignored, "max_idle_ignored"},
    {bug::suspended_pool_lends, "suspended_pool_lends"},
    {bug::stale_lease_comes_back, "stale_lease_comes_back"},
    {bug::stale_open_arrives, "stale_open_arrives"},
    {bug::bad_check_is_retried, "bad_check_is_retried"},
    {bug::suspicion_is_forgotten, "suspicion_is_forgotten"},
    {bug::unchecked_is_lent, "unchecked_is_lent"},
    {bug::check_counter_drifts, "check_counter_drifts"},
    {bug::replacement_comes_late, "replacement_comes_late"},
    {bug::initial_size_for_ever, "initial_size_for_ever"},
    {bug::fail_fast_tells_nobody, "fail_fast_tells_nobody"},
    {bug::leak_is_not_seen, "leak_is_not_seen"},
    {bug::reclaimed_place_is_lost, "reclaimed_place_is_lost"},
};

/// What the books know nothing of: for whom a check runs, when a replacement is due.
constexpr bug not_seen[]{bug::bad_check_is_retried, bug::replacement_comes_late};

struct planting {
  explicit planting(bug which) { core::planted_bug = which; }
  ~planting() { core::planted_bug = bug::none; }
  planting(planting const&) = delete;
  planting& operator=(planting const&) = delete;
};

struct finding {
  std::size_t seeds = 0; ///< that complain
  std::uint64_t first = 0;
  std::string what{};
};

/// By the books alone, too: the machine's own invariants are looked at once in 64 events only.
finding look_for(sim::inspection inspect) {
  constexpr std::uint64_t seeds = 400;
  finding found;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    auto const run = sim::simulate({.steps = 1000, .inspect = inspect}, seed);
    if (!run.broken) {
      continue;
    }
    if (++found.seeds == 1) {
      found.first = seed;
      found.what = run.broken->what;
    }
  }
  return found;
}

} // namespace

TEST_CASE("every_planted_bug_that_the_books_can_know_of_is_caught") {
  CHECK(look_for(sim::inspection::every_event).seeds == 0);
  std::printf("%-26s %6s %11s  %s\n", "bug", "seeds", "books alone", "the first says");
  for (auto const& [which, name] : bugs) {
    planting const planted{which};
    auto const found = look_for(sim::inspection::every_event);
    auto const by_books = look_for(sim::inspection::sampled);
    std::printf("%-26s %6zu %11zu  %.80s\n", name, found.seeds, by_books.seeds, found.what.c_str());
    CAPTURE(name);
    auto const blind = std::find(std::begin(not_seen), std::end(not_seen), which);
    CHECK((found.seeds > 0) == (blind == std::end(not_seen)));
    CHECK((by_books.seeds > 0) == (blind == std::end(not_seen)));
  }
}
