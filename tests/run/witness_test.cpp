// Each promise of a pool kept, broken, and not put to the test.

#include "run/witness.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace conecta;
using namespace conecta::run;
using namespace std::chrono_literals;
using status = invariant_result::status;

namespace {

instant const start{1h};

struct rig {
  explicit rig(pool_options const& promised = {.max_size = 2, .scan_interval = 1s})
      : judge{promised, [this] { ++alarms; }} {}

  status of(std::string const& name) const {
    auto const all = judge.verdicts();
    auto const found =
        std::find_if(all.begin(), all.end(), [&](auto const& each) { return each.name == name; });
    REQUIRE(found != all.end());
    CHECK((found->judged == status::held || !found->detail.empty()));
    return found->judged;
  }
  void open(int handle, instant now = start) {
    judge.opening();
    judge.opened(handle, now);
  }

  int alarms = 0;
  witness judge;
};

} // namespace

TEST_CASE("what nothing put to the test is not judged") {
  rig const untouched;
  for (auto const& each : untouched.judge.verdicts()) {
    CAPTURE(each.name);
    CHECK(each.judged == status::not_judged);
    CHECK_FALSE(each.detail.empty());
  }
}

TEST_CASE("descriptors beyond max_size break the cap, failed opens and closed ones do not count") {
  rig pool;
  pool.open(3);
  pool.judge.opening();
  pool.judge.open_failed();
  pool.open(4);
  pool.judge.closing(3);
  pool.open(3);
  CHECK(pool.of("cap") == status::held);
  CHECK(pool.alarms == 0);
  pool.judge.opening();
  CHECK(pool.of("cap") == status::violated);
  CHECK(pool.alarms == 1);
}

TEST_CASE("a lease of what is lent, discarded, closed, too old or used up is bad") {
  pool_options promised{.max_size = 9, .max_lifetime = 10s, .max_uses = 2};
  {
    rig pool{promised};
    pool.open(3);
    pool.judge.lent(3, start);
    pool.judge.given_back(3, start);
    pool.judge.lent(3, start + 10s);
    CHECK(pool.of("no_bad_lease") == status::held);
    SECTION("lent to two") { pool.judge.lent(3, start); }
    SECTION("discarded") {
      pool.judge.discarded(3);
      pool.judge.lent(3, start);
    }
    SECTION("never opened") { pool.judge.lent(4, start); }
    SECTION("closed while lent") { pool.judge.closing(3); }
    SECTION("used up") {
      pool.judge.given_back(3, start);
      pool.judge.lent(3, start);
    }
    SECTION("too old") {
      pool.open(5);
      pool.judge.lent(5, start + 11s);
    }
    CHECK(pool.of("no_bad_lease") == status::violated);
  }
}

TEST_CASE("conservation and leaks are judged by the pool's counts and the endpoint's own") {
  pool_stats stats;
  stats.opened = 1;
  stats.idle = 1;
  rig pool;
  pool.open(3);
  pool.judge.look(stats, start, 0s);
  CHECK(pool.of("conservation") == status::held);
  SECTION("all came back") {
    pool.judge.closing(3);
    stats.idle = 0;
    stats.closed = 1;
    stats.acquired = stats.returned = 7;
    pool.judge.finish(stats);
    CHECK(pool.of("conservation") == status::held);
    CHECK(pool.of("no_leak") == status::held);
  }
  SECTION("a connection is forgotten") {
    stats.idle = 0;
    stats.closed = 1;
    pool.judge.finish(stats);
    CHECK(pool.of("conservation") == status::violated);
    CHECK(pool.of("no_leak") == status::violated);
  }
  SECTION("a lease is") {
    pool.judge.closing(3);
    stats.closed = 1;
    stats.acquired = 1;
    pool.judge.finish(stats);
    CHECK(pool.of("no_leak") == status::violated);
  }
  SECTION("the counts drift") {
    stats.idle = 0;
    pool.judge.look(stats, start, 0s);
    CHECK(pool.of("conservation") == status::violated);
  }
}

TEST_CASE("what is idle for too long is, but for min_idle of them") {
  rig pool{{.max_size = 4, .min_idle = 1, .scan_interval = 1s, .idle_timeout = 5s}};
  pool_stats stats;
  stats.opened = stats.idle = 2;
  pool.open(3);
  pool.open(4);
  pool.judge.look(stats, start + 5s, 0s);
  CHECK(pool.of("idle_in_time") == status::not_judged);
  pool.judge.look(stats, start + 7s, 0s);
  CHECK(pool.of("idle_in_time") == status::held);
  pool.judge.look(stats, start + 8s, 1s); // the look itself was that late
  CHECK(pool.of("idle_in_time") == status::held);
  SECTION("one is closed") {
    pool.judge.closing(3);
    stats.idle = stats.closed = 1;
    pool.judge.look(stats, start + 1h, 0s);
    CHECK(pool.of("idle_in_time") == status::held);
  }
  SECTION("none is") {
    pool.judge.look(stats, start + 8s, 0s);
    CHECK(pool.of("idle_in_time") == status::violated);
  }
}

TEST_CASE("an answer after the deadline is the pool's fault, unless this process was as late") {
  rig pool;
  pool.judge.answered(start, start + 40ms);
  SECTION("in time") {
    pool.judge.finish({});
    CHECK(pool.of("deadlines") == status::held);
  }
  SECTION("late") {
    pool.judge.answered(start, start + 90ms);
    pool.judge.finish({});
    CHECK(pool.of("deadlines") == status::violated);
  }
  SECTION("as late as this process") {
    pool.judge.answered(start, start + 90ms);
    pool.judge.look({}, start, 60ms);
    pool.judge.finish({});
    CHECK(pool.of("deadlines") == status::not_judged);
  }
}
