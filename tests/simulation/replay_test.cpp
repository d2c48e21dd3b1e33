// A trace that was written is read again, and every way in which it can be wrong has its line.

#include "sim/replay.hpp"
#include "sim/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace conecta;
using sim::replay;
using sim::replay_verdict;

namespace {

std::string const header = "conecta-trace 1\noption max_size 2\nseed 1\nstart 0\n";

/// The line of `text` in which `part` stands first.
std::size_t line_of(std::string const& text, std::string_view part) {
  auto const at = text.find(part);
  REQUIRE(at != std::string::npos);
  auto const end = text.begin() + static_cast<std::ptrdiff_t>(at);
  return static_cast<std::size_t>(std::count(text.begin(), end, '\n')) + 1;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  auto const at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

void refuses(std::string const& text, std::size_t line, std::string const& why) {
  auto const found = replay(text);
  CAPTURE(text, found.what);
  CHECK(found.verdict == replay_verdict::malformed);
  CHECK(found.line == line);
  CHECK(found.what.find(why) != std::string::npos);
}

} // namespace

TEST_CASE("what_a_seed_did_comes_out_again_when_its_trace_is_replayed") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    sim::settings const of{.steps = 500};
    auto const run = sim::simulate(of, seed);
    auto const found = replay(sim::trace_of(of, seed));
    CAPTURE(seed, found.line, found.what);
    CHECK(found.verdict == replay_verdict::same);
    CHECK(found.events == run.steps);
  }
}

TEST_CASE("an_action_that_was_changed_is_found_by_its_line") {
  auto const trace = sim::trace_of({.steps = 500}, 3);
  auto const at = line_of(trace, "\n  grant ") + 1;
  auto const found = replay(replaced(trace, "\n  grant t", "\n  grant t9"));
  CHECK(found.verdict == replay_verdict::different);
  CHECK(found.line == at);
  CHECK(found.what.find("came out \"grant t") != std::string::npos);
}

TEST_CASE("an_action_that_is_missing_or_too_many_is_found_by_its_line") {
  auto const events = header + "0 tick\n5 acquire deadline=9\n  ticket t0.1\n";
  auto const missing = replay(events);
  CHECK(missing.verdict == replay_verdict::different);
  CHECK(missing.line == 7);
  CHECK(missing.what.find("written nothing, came out \"open s0.1 deadline=5000000005\"") !=
        std::string::npos);
  auto const right = events + "  open s0.1 deadline=5000000005\n";
  CHECK(replay(right).verdict == replay_verdict::same);
  auto const extra = replay(right + "  drained\n");
  CHECK(extra.verdict == replay_verdict::different);
  CHECK(extra.line == 9);
  CHECK(extra.what.find("written \"drained\", came out nothing") != std::string::npos);
}

TEST_CASE("a_trace_of_events_alone_is_judged_by_the_promises_alone") {
  auto const found = replay(header + "# from a report\n\n0 acquire deadline=never\n"
                                     "7 opened s0.1\n8 give_back s0.2\n9 drain\n10 closed s0.3\n");
  CAPTURE(found.line, found.what);
  CHECK(found.verdict == replay_verdict::same);
  CHECK(found.events == 5);
}

TEST_CASE("what_is_no_trace_is_refused_with_the_line") {
  refuses("", 0, "there is nothing in it");
  refuses("{ \"version\": 1 }\n", 1, "a trace begins with \"conecta-trace 1\"");
  refuses("conecta-trace 2\n", 1, "found \"conecta-trace 2\"");
  refuses("conecta-trace 1\noption max_sise 2\n", 2, "did you mean \"max_size\"?");
  refuses("conecta-trace 1\noption max_size many\n", 2, "found \"many\" for the option max_size");
  refuses("conecta-trace 1\noption order sideways\n", 2, "\"sideways\"");
  refuses("conecta-trace 1\n\noption max_size 0\n", 3, "option max_size: found 0");
  refuses("conecta-trace 1\noption max_size 16777216\n", 2, "at most 1000000");
  refuses("conecta-trace 1\nseed minus\n", 2, "found seed \"minus\"");
  refuses("conecta-trace 1\nstart -5\n", 2, "whole nanoseconds from 0");
  refuses("conecta-trace 1\nhook open\n", 2, "found \"hook open\"");
  refuses(header + "  drained\n", 5, "before the first event");
  refuses(header + "5 acquire\n", 5, "found \"acquire\", which is no event");
  refuses(header + "5 explode s0.1\n", 5, "which is no event");
  refuses(header + "99999999999999999999 tick\n", 5, "instant");
  refuses(header + "5 tick\n4 tick\n", 6, "before that of the line above");
  refuses(header + "5 tick\nseed 4\n", 6, "among the events");
  refuses(std::string{"conecta-trace 1\n\x1b[31m\0\n", 22}, 2, "\"?[31m?\"");
}

TEST_CASE("a_trace_that_is_cut_or_has_a_byte_flipped_never_does_worse_than_be_refused") {
  auto const trace = sim::trace_of({.steps = 60}, 5);
  for (std::size_t at = 0; at < trace.size(); at += 7) {
    static_cast<void>(replay(trace.substr(0, at)));
    auto flipped = trace;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
    static_cast<void>(replay(flipped));
  }
  CHECK(replay(trace).verdict == replay_verdict::same);
}
