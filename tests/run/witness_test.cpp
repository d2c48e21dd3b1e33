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

TEST_CASE("a reply with the nonce of another request breaks own_reply, where its own comes back") {
  rig pool;
  pool.judge.replied(0, reply_owner::nobody);
  CHECK(pool.of("own_reply") == status::not_judged);
  pool.judge.replied(0, reply_owner::other); // a GETSET answers with the nonce before
  CHECK(pool.of("own_reply") == status::not_judged);
  pool.judge.replied(1, reply_owner::own);
  pool.judge.replied(1, reply_owner::nobody);         // corrupted
  pool.judge.replied(1, reply_owner::answered_other); // a datagram that came twice
  CHECK(pool.of("own_reply") == status::held);
  CHECK(pool.alarms == 0);
  SECTION("afterwards") { pool.judge.replied(1, reply_owner::other); }
  SECTION("before") { pool.judge.replied(0, reply_owner::own); }
  CHECK(pool.of("own_reply") == status::violated);
  CHECK(pool.alarms == 1);
}

namespace {

/// Two are kept idle. In a bad case one open follows the other, after the longest pause.
pool_options const keeps_two{.max_size = 4,
                             .min_idle = 2,
                             .open_timeout = 100ms,
                             .backoff = {.limit = 300ms},
                             .scan_interval = 1s};
constexpr auto in_time = 300ms + 2 * 100ms + 1s;

pool_stats idle(std::size_t count, std::uint64_t failures = 0) {
  pool_stats stats;
  stats.idle = count;
  stats.opened = count;
  stats.open_failed = failures;
  return stats;
}

/// Two are idle, then one of them is closed.
struct broken_into : rig {
  broken_into() : rig{keeps_two} {
    open(3);
    open(4);
    judge.look(idle(2), start, 0s);
    judge.closing(3);
    judge.look(idle(1), start, 0s);
  }
};

} // namespace

TEST_CASE("the bound of min_idle is the longest pause, the rounds of opens, and a scan") {
  struct row {
    std::size_t min_idle;
    std::size_t open_concurrency;
    int rounds;
  };
  for (auto const& [min_idle, open_concurrency, rounds] :
       {row{0, 4, 0}, row{1, 4, 1}, row{2, 4, 2}, row{3, 4, 2}, row{7, 4, 3}, row{8, 4, 4},
        row{3, 1, 3}, row{15, 1024, 4}}) {
    CAPTURE(min_idle, open_concurrency);
    pool_options promised = keeps_two;
    promised.max_size = 16;
    promised.min_idle = min_idle;
    promised.open_concurrency = open_concurrency;
    CHECK(restoring_bound(promised) == 300ms + rounds * 100ms + 1s);
  }
  pool_options huge{.max_size = most_slots, .min_idle = most_slots, .open_concurrency = 1};
  huge.open_timeout = huge.backoff.limit = huge.scan_interval = 24h * 3650;
  CHECK(restoring_bound(huge) > 24h * 3650);
}

TEST_CASE("min_idle that nobody asked for, or that nothing broke into, is not judged") {
  rig none{{.max_size = 2}};
  none.judge.look(idle(0), start + 1h, 0s);
  CHECK(none.of("min_idle_restored") == status::not_judged);
  rig pool{keeps_two};
  pool.judge.look(idle(0), start, 0s); // filled for the first time
  pool.open(3);
  pool.open(4);
  pool.judge.look(idle(2), start, 0s);
  pool.judge.lent(3, start); // is no loss
  pool.judge.look(idle(1), start, 0s);
  pool.judge.given_back(3, start);
  pool.judge.look(idle(2), start, 0s);
  pool.judge.ending();
  pool.judge.closing(3);
  pool.judge.look(idle(0), start + 1h, 0s);
  CHECK(pool.of("min_idle_restored") == status::not_judged);
}

TEST_CASE("min_idle is restored within its bound") {
  broken_into pool;
  SECTION("in time") {
    pool.judge.look(idle(1), start + in_time, 0s);
    pool.open(3);
    pool.judge.look(idle(2), start + in_time, 0s);
    pool.judge.ending();
    CHECK(pool.of("min_idle_restored") == status::held);
  }
  SECTION("being checked is as good as idle") {
    auto checking = idle(1);
    checking.checking = 1;
    pool.judge.look(checking, start + 1h, 0s);
    pool.judge.ending();
    CHECK(pool.of("min_idle_restored") == status::held);
  }
  SECTION("too late") {
    pool.judge.look(idle(1), start + in_time + 51ms, 0s);
    CHECK(pool.of("min_idle_restored") == status::violated);
    CHECK(pool.alarms == 1);
  }
  SECTION("as late as this process itself") {
    pool.judge.look(idle(1), start + in_time, 1s);
    pool.judge.look(idle(1), start + in_time + 1s, 0s);
    CHECK(pool.alarms == 0);
    pool.judge.look(idle(1), start + in_time + 1051ms, 0s);
    CHECK(pool.alarms == 1);
  }
  SECTION("the run ends before it had to be") {
    pool.judge.look(idle(1), start + in_time, 0s);
    pool.judge.ending();
    CHECK(pool.of("min_idle_restored") == status::not_judged);
  }
}

TEST_CASE("the time to restore min_idle counts from the last failure, and from the last lease") {
  broken_into pool;
  auto const later = start + 1h;
  auto busy = idle(1);
  SECTION("an open fails") { busy.open_failed = 1; }
  SECTION("a check does") { busy.closed_by[close_reason::unhealthy] = 1; }
  SECTION("a connection is lent") { busy.opened += busy.leased = 1; }
  SECTION("a caller waits") { busy.waiters = 1; }
  SECTION("a place is being made") { busy.opened += busy.closing = 1; }
  pool.judge.look(busy, later, 0s);
  auto after = idle(1, busy.open_failed);
  after.closed_by = busy.closed_by;
  pool.judge.look(after, later + in_time, 0s);
  CHECK(pool.alarms == 0);
  pool.judge.look(after, later + in_time + 51ms, 0s);
  CHECK(pool.of("min_idle_restored") == status::violated);
}
