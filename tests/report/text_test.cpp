#include "report/safe_text.hpp"
#include "report/sample_result.hpp"
#include "report/text.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace conecta;
using namespace conecta::report;
using namespace std::chrono_literals;

namespace {

constexpr auto golden =
    R"text(a flaky cache                                                             seed 7
ran 17.2 s, 15.0 s recorded, since 2025-01-31T12:00:00Z

requests   119,900 succeeded, 16 failed (0.01 %), 7,993/s
wire       28 connections, 130,915 requests sent, 40 checks sent,
           130,900 replies, 2 stale datagrams

latency            p50        p90        p99      p99.9        max         count
  wait         2.00 us    2.00 us    40.0 us    4.00 ms    4.00 ms       119,900
  open          310 us    50.0 ms    50.0 ms    50.0 ms    50.0 ms            36
  check        95.0 us    95.0 us    95.0 us    95.0 us    95.0 us            40
  service       180 us     210 us     260 us    52.0 ms    52.0 ms       119,900
  total         182 us     211 us     300 us    56.0 ms    56.0 ms       119,900

errors
  receive  reset                12  Connection reset by peer
  receive  timeout               3  no reply within 1s
  expect   mismatch              1  got \x1b[31m-LOADING\r\n

pool       36 opened, 2 opens failed,
           36 closed (idle 2, broken 15, shutdown 19), 2 evicted (idle 2)
           churn 2.40/s, reuse 99.97 %, 40 checks (1 failed), 1 wait timed out
           peak 24 live, 24 leased, 18 waiting

stages                    requests        rate    failed    wait p99   total p99
  warmup *                  11,000     5,500/s         0     3.00 us      203 us
  steady                   119,916    11,990/s        16     40.0 us      300 us
  rest                           0         0/s         0           -           -
  * not recorded: in no figure but the pool's and the wire's

endpoints                 requests        rate    failed    wait p99   total p99
  cache                     89,913     5,993/s        13     4.00 ms     56.0 ms
    tcp://127.0.0.1:6379
  echo                      30,003     2,000/s         3     1.00 us      211 us
    udp://127.0.0.1:40123

faults
  slow  latency on cache, 5.00 s to 7.00 s, injected 912 times
    inside   912 requests, 12 failed (1.32 %), total p50 56.0 ms, p99 56.0 ms
    errors   receive reset 12
    outside  total p50 182 us, p99 300 us
    pool     12 opened, 12 closed (broken 12)
    after    recovered in 300 ms
  lost  loss on echo, 16.0 s to 17.0 s, never injected
    inside   0 requests
    after    recovery not judged: the baseline needs 200 requests in the 2 s
             before the fault, there were 0

thresholds
  ok       wait.p99 <= 5.00 ms, stage steady                             40.0 us
  BROKEN   requests.error_ratio <= 0.0001                            0.000133427
  ok       recovered_after <= 500 ms, fault slow                          300 ms
  BROKEN   recovered_after <= 500 ms, fault lost                               -
           the baseline needs 200 requests in the 2 s before the fault, there
           were 0
  ok       requests.rate_per_s >= 5000/s                               7993.33/s

warning    this process used 97 % of its processors: the figures may be those of
           the tool, not of what it measures

FAIL       2 of 5 thresholds are broken
)text";

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> out;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) {
    out.push_back(line);
  }
  return out;
}

std::string without_colours(std::string const& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = text.find('m', at);
    } else {
      out += text[at];
    }
  }
  return out;
}

bool says(run::result const& found, std::string_view what) {
  return summary_text(found, colouring::none).find(what) != std::string::npos;
}

} // namespace

TEST_CASE("the_summary_reads_like_this") {
  CHECK(summary_text(sample_result(), colouring::none) == golden);
}

TEST_CASE("colour_changes_nothing_but_colour") {
  auto const coloured = summary_text(sample_result(), colouring::ansi);
  CHECK(coloured != golden);
  CHECK(without_colours(coloured) == golden);
}

TEST_CASE("no_line_is_wider_than_a_terminal_whatever_the_names") {
  auto result = sample_result();
  std::string const name(200, 'n');
  result.scenario_name = name;
  result.started_at = name;
  result.stages[0].name = name;
  result.endpoints[0].id = name;
  result.endpoints[0].url = "tcp://" + name;
  result.faults[0].id = name;
  result.faults[0].type = name;
  result.faults[0].endpoint = name;
  result.faults[0].recovered.after.reset();
  result.faults[0].recovered.reason = name;
  result.thresholds[0].demanded.stage = name;
  result.thresholds[0].reason = name;
  result.invariants.push_back({name, run::invariant_result::status::violated, name});
  result.self.warnings.push_back(name);
  result.total.measured.errors.record(run::phase::send, run::error_kind::other, name);
  for (auto const& line : lines_of(summary_text(result, colouring::none))) {
    INFO(line);
    CHECK(columns_of(line) <= page_columns);
  }
}

TEST_CASE("no_line_is_wider_than_a_terminal_whatever_the_numbers") {
  auto result = sample_result();
  auto& total = result.total;
  total.measured.requests.succeeded = 1'000'000'000'000;
  total.measured.requests.dropped = 1'000'000'000'000;
  total.measured.latency.wait.record(59min, 9'000'000'000);
  total.pool.opened = total.pool.closed = total.pool.rejected = 10'000'000'000;
  for (auto const& line : lines_of(summary_text(result, colouring::none))) {
    INFO(line);
    CHECK(columns_of(line) <= page_columns);
  }
}

TEST_CASE("no_reason_of_a_close_is_cut_off_however_many_there_are") {
  auto result = sample_result();
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    result.total.pool.closed_by[static_cast<close_reason>(index)] = 2'000'000;
  }
  auto const text = summary_text(result, colouring::none);
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    auto const reason = std::string{name_of(static_cast<close_reason>(index))};
    CHECK(text.find(reason + " 2,000,000") != std::string::npos);
  }
}

TEST_CASE("an_empty_run_is_a_short_summary") {
  run::result empty;
  empty.judged = run::verdict::pass;
  CHECK(lines_of(summary_text(empty, colouring::none)).size() < 10);
}

TEST_CASE("an_endpoint_that_never_opened_says_so") {
  auto result = sample_result();
  result.endpoints[0].figures.pool.opened = 0;
  result.endpoints[0].figures.pool.open_failed = 345;
  CHECK(says(result, "not one of 345 attempts to open succeeded"));
}

TEST_CASE("an_endpoint_that_never_replied_says_so") {
  auto result = sample_result();
  result.endpoints[1].wire.replies_received = 0;
  CHECK_FALSE(says(result, "not one reply")); // none was awaited: requests succeeded
  result.endpoints[1].figures.measured.requests.succeeded = 0;
  CHECK(says(result, "not one reply to 31,003 requests"));
}

TEST_CASE("an_interrupted_run_says_so_at_its_top_and_its_end") {
  auto result = sample_result();
  result.ended = run::completion::interrupted;
  result.judged = run::verdict::incomplete;
  CHECK(says(result, "interrupted: what follows is only a part\n"));
  CHECK(says(result, "INCOMPLETE the run was interrupted\n"));
}

TEST_CASE("hostile_text_never_reaches_the_terminal_raw") {
  auto result = sample_result();
  std::string const hostile = "\x1b[2J\r\n\xe2\x80\xae\xff";
  result.scenario_name = hostile;
  result.stages[0].name = hostile;
  result.endpoints[0].url = hostile;
  result.faults[0].recovered.after.reset();
  result.faults[0].recovered.reason = hostile;
  result.self.warnings = {hostile};
  auto const text = summary_text(result, colouring::none);
  for (auto const& line : lines_of(text)) {
    CHECK(safe_text(line) == line);
  }
}

TEST_CASE("a_limit_missed_by_less_than_is_shown_is_shown_in_full") {
  auto result = sample_result();
  result.thresholds[0].observed = 5'003'263;
  result.thresholds[0].judged = run::threshold_result::outcome::broken;
  CHECK(says(result, "5003263 ns"));
}

TEST_CASE("what differs only at the end of a long name is told apart") {
  run::result found;
  std::string const stem = "the-cache-of-the-shop-in-the-north-is-cut-off-from-the-";
  for (char const* const end : {"first", "second"}) {
    run::fault_result fault;
    fault.id = stem + end;
    fault.type = "latency";
    fault.endpoint = "cache";
    found.faults.push_back(fault);
    run::threshold_result threshold;
    threshold.demanded.metric = "recovered_after";
    threshold.demanded.fault = stem + end;
    threshold.reason = "the fault could not be done: " + std::string(60, 'x') + " " + end;
    found.thresholds.push_back(threshold);
    found.invariants.push_back({"min_idle_restored", run::invariant_result::status::violated,
                                "three of four, and that for long enough", stem + end});
  }
  auto const text = summary_text(found, colouring::none);
  CAPTURE(text);
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    CHECK(columns_of(line) <= 80);
  }
  for (std::string const end : {"first", "second"}) {
    CHECK(text.find("\n  " + stem + end + "  latency on\n    cache, ") != std::string::npos);
    CHECK(text.find("fault\n             " + stem + end + "\n") != std::string::npos);
    CHECK(text.find("x " + end + "\n") != std::string::npos);
    CHECK(text.find("min_idle_restored,\n             " + stem + end + "\n") != std::string::npos);
  }
  CHECK(text.find("...") == std::string::npos);
}
