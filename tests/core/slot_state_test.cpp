// The table of transitions, written down once more: whoever changes it changes this, too.

#include "core/slot_state.hpp"

#include <catch2/catch.hpp>

using namespace conecta::core;

TEST_CASE("a_slot_changes_only_as_the_table_says") {
  using enum slot_state;
  using in = slot_input;
  CHECK(next_state(vacant, in::open) == opening);
  CHECK(next_state(opening, in::opened) == idle);
  CHECK(next_state(opening, in::open_failed) == vacant);
  CHECK(next_state(idle, in::grant) == leased);
  CHECK(next_state(idle, in::check) == checking);
  CHECK(next_state(idle, in::retire) == closing);
  CHECK(next_state(checking, in::checked) == idle);
  CHECK(next_state(leased, in::give_back) == idle);
  CHECK(next_state(leased, in::reset) == resetting);
  CHECK(next_state(leased, in::detach) == vacant);
  CHECK(next_state(leased, in::retire) == closing);
  CHECK(next_state(resetting, in::reset_done) == idle);
  CHECK(next_state(closing, in::closed) == vacant);
  CHECK(next_state(resetting, in::reset) == resetting); // called off before it began
  CHECK(transitions.size() == 14);
}

TEST_CASE("what_the_table_does_not_have_leads_nowhere") {
  CHECK_FALSE(next_state(slot_state::vacant, slot_input::grant));
  CHECK_FALSE(next_state(slot_state::leased, slot_input::grant));
  CHECK_FALSE(next_state(slot_state::closing, slot_input::opened));
}
