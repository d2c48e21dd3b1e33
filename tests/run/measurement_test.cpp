#include "run/result.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::run;
using namespace std::chrono_literals;

TEST_CASE("an_error_table_keeps_the_first_detail_of_each_phase_and_kind") {
  error_table errors;
  errors.record(phase::receive, error_kind::reset, "first");
  errors.record(phase::receive, error_kind::reset, "second");
  errors.record(phase::open, error_kind::refused, "");
  errors.record(phase::open, error_kind::refused, "only then a message");
  CHECK(errors.total() == 4);
  CHECK(errors.count(phase::receive, error_kind::reset) == 2);
  CHECK(errors.count(phase::send, error_kind::reset) == 0);
  auto const rows = errors.sorted();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == error_row{phase::open, error_kind::refused, "only then a message", 2});
  CHECK(rows[1] == error_row{phase::receive, error_kind::reset, "first", 2});
}

TEST_CASE("errors_are_sorted_by_how_many_they_are") {
  error_table errors;
  errors.record(phase::acquire, error_kind::timeout, "");
  errors.record(phase::expect, error_kind::mismatch, "");
  errors.record(phase::expect, error_kind::mismatch, "");
  auto const rows = errors.sorted();
  CHECK(rows[0].kind == error_kind::mismatch);
  CHECK(rows[1].kind == error_kind::timeout);
}

TEST_CASE("a_long_detail_is_cut_between_characters") {
  error_table errors;
  errors.record(phase::expect, error_kind::mismatch,
                std::string(error_table::max_detail_bytes - 1, 'x') + "\xc3\xa9\xc3\xa9");
  CHECK(errors.sorted()[0].detail == std::string(error_table::max_detail_bytes - 1, 'x'));
}

TEST_CASE("merged_cells_hold_the_sum_of_both") {
  measurement left;
  left.latency.wait.record(1ms);
  left.requests.succeeded = 1;
  left.record_failure(phase::send, error_kind::closed, "left");
  measurement right;
  right.latency.wait.record(3ms);
  right.requests.late = 2;
  right.record_failure(phase::send, error_kind::closed, "right");
  left.merge(right);
  CHECK(left.latency.wait.count() == 2);
  CHECK(left.latency.wait.max() == 3ms);
  CHECK(left.requests == request_counts{1, 2, 0, 2});
  CHECK(left.errors.sorted()[0] == error_row{phase::send, error_kind::closed, "left", 2});
}

TEST_CASE("figures_between_two_snapshots_are_their_difference") {
  pool_stats before;
  before.opened = 4;
  before.closed = 1;
  before.closed_by[close_reason::idle] = 1;
  before.acquired = 100;
  pool_stats after = before;
  after.opened = 6;
  after.closed = 4;
  after.closed_by[close_reason::idle] = 2;
  after.closed_by[close_reason::broken] = 2;
  after.evicted_by[close_reason::idle] = 2;
  after.acquired = 300;
  auto const found = figures_between(before, after, 2s);
  CHECK(found.opened == 2);
  CHECK(found.closed == 3);
  CHECK(found.closed_by[close_reason::idle] == 1);
  CHECK(found.closed_by[close_reason::broken] == 2);
  CHECK(found.evicted() == 2);
  CHECK(found.churn_per_s() == 2.5);
  CHECK(found.reuse_ratio() == 0.99);
  CHECK_FALSE(found.peak);
}

TEST_CASE("more_opens_than_leases_reuse_nothing") {
  pool_figures pool;
  pool.opened = 3;
  pool.acquired = 2;
  CHECK(pool.reuse_ratio() == 0.0);
}
