// The gate alone, in one thread: order, figures, generations, and room.

#include "driver/gate.hpp"
#include "support/printing.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using driver::gate;

namespace {

constexpr slot_ref a{0, 11}, b{1, 12}, c{2, 13};
using idle_slots = std::vector<core::gate_report::slot>;

} // namespace

TEST_CASE("a gate is closed until it is opened, and after it was closed") {
  gate shut{3};
  CHECK_FALSE(shut.take());
  CHECK_FALSE(shut.put(a));
  shut.open({{a}}, 0);
  CHECK(shut.take() == a);
  idle_slots idle;
  shut.close(idle);
  CHECK(idle.empty());
  CHECK_FALSE(shut.put(a));
  CHECK_FALSE(shut.take());
}

TEST_CASE("the one used last is lent first, and those that were not used are told apart") {
  gate open{3};
  open.open({{a, b, c}}, 0);
  CHECK(open.take() == c);
  CHECK(open.take() == b);
  CHECK(open.put(c));
  CHECK(open.put(b));
  idle_slots idle;
  auto const since = open.close(idle);
  CHECK((idle == idle_slots{{1, true}, {2, true}, {0, false}}));
  CHECK(since.taken == 2);
  CHECK(since.put == 2);
  CHECK(since.leased == 0);
}

TEST_CASE("a lease from before comes back under its own generation") {
  gate open{3};
  open.open({{a}}, 2);
  CHECK(open.now().leased == 2);
  CHECK(open.put(c));
  CHECK(open.take() == c);
  CHECK(open.take() == a);
  CHECK_FALSE(open.take());
  CHECK(open.now().leased == 3);
  CHECK(open.peak_leased() == 3);
  CHECK(open.now().taken == 2);
  CHECK(open.now().put == 1);
}

TEST_CASE("figures are exact beyond the turns that the word can count") {
  driver::basic_gate<std::atomic, 4> open{2};
  idle_slots idle;
  open.open({{a, b}}, 0);
  for (std::uint64_t pairs = 1; pairs < 100; ++pairs) {
    REQUIRE(open.put(open.take().value()));
    CHECK(open.now().taken == pairs);
    CHECK(open.now().put == pairs);
  }
  static_cast<void>(open.take());
  auto const since = open.close(idle);
  CHECK(since.taken == 100);
  CHECK(since.put == 99);
  open.open({{a}}, 1);
  CHECK(open.now().taken == 0);
  for (int i = 0; i < 9; ++i) {
    REQUIRE(open.put(open.take().value()));
  }
  CHECK(open.now().taken == 9);
}

TEST_CASE("a gate that grew has its slots, and one of no slots stays closed") {
  gate open{1};
  open.make_room(3);
  CHECK(open.room() == 3);
  open.open({{a, b, c}}, 0);
  CHECK(open.take() == c);
  gate none{0};
  CHECK(none.room() == 0);
  CHECK_FALSE(none.take());
  none.make_room(gate::most_slots + 1); // more than the word can name: not for a gate
  CHECK(none.room() == 0);
}
