// A checker that has never failed proves nothing: here each must fail. The core is built with bugs
// in it, one selected at a time, and every layer that should notice has to.

#include "core/planted.hpp"
#include "property/script.hpp"
#include "property/small_world.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

using namespace conecta;
using namespace conecta::property;
using core::bug;

namespace {

constexpr std::array<std::pair<bug, char const*>, core::bug_count> bugs{{
    {bug::none, "none"},
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
}};

struct planting {
  explicit planting(bug which) { core::planted_bug = which; }
  ~planting() { core::planted_bug = bug::none; }
  planting(planting const&) = delete;
  planting& operator=(planting const&) = delete;
};

script random_script(random_source& random) {
  script that;
  for (auto& setting : that.settings) {
    setting = static_cast<std::uint8_t>(random.next());
  }
  for (auto left = random.next() % 150; left > 0; --left) {
    auto const bits = random.next();
    that.commands.push_back({static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8U),
                             static_cast<std::uint8_t>(bits >> 16U)});
  }
  return that;
}

/// How many of the histories it takes.
std::size_t histories_until_caught() {
  constexpr std::size_t most = 10'000;
  random_source random{1};
  for (std::size_t history = 1; history <= most; ++history) {
    if (play(random_script(random)).complaint) {
      return history;
    }
  }
  return 0;
}

/// Of the same histories, those in which the machine's own invariants say so, too.
std::size_t histories_that_break_an_invariant() {
  random_source random{1};
  std::size_t broken = 0;
  for (auto history = 0; history < 300; ++history) {
    auto const complaint = play(random_script(random)).complaint;
    broken += complaint && complaint->find("invariant broken") != std::string::npos ? 1U : 0U;
  }
  return broken;
}

/// The number of the first small world that does not go as it should, 0 for none.
std::size_t world_that_catches() {
  std::size_t number = 0;
  for (auto const& world : small_worlds()) {
    ++number;
    if (explore(world).complaint) {
      return number;
    }
  }
  return 0;
}

std::size_t inputs_that_catch() {
  std::size_t catching = 0;
  for (auto const& entry : std::filesystem::directory_iterator{CONECTA_CORPUS}) {
    std::ifstream stream{entry.path(), std::ios::binary};
    std::string const bytes{std::istreambuf_iterator<char>{stream}, {}};
    auto const* const data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    catching += play(script_from({data, bytes.size()})).complaint ? 1U : 0U;
  }
  return catching;
}

} // namespace

TEST_CASE("every_planted_bug_is_caught_by_every_checker") {
  std::printf("%-26s %16s %14s %14s %14s\n", "bug", "random: history", "invariants", "small world",
              "corpus inputs");
  std::size_t bugs_that_break_an_invariant = 0;
  for (auto const& [which, name] : bugs) {
    planting const planted{which};
    auto const random = histories_until_caught();
    auto const world = world_that_catches();
    auto const inputs = inputs_that_catch();
    auto const broken = histories_that_break_an_invariant();
    bugs_that_break_an_invariant += broken > 0 ? 1U : 0U;
    std::printf("%-26s %16zu %14zu %14zu %14zu\n", name, random, broken, world, inputs);
    CAPTURE(name);
    if (which == bug::none) {
      CHECK(random + broken + world + inputs == 0);
      continue;
    }
    CHECK(random > 0);
    CHECK(inputs > 0);
    // Small worlds have no chance in them, and so no lifetime that could be drawn again.
    CHECK((world > 0) == (which != bug::check_draws_lifetime));
  }
  // Invariants know nothing of who was served or when; some of the bugs they must see.
  CHECK(bugs_that_break_an_invariant >= 5);
}
