// Whatever a server does, a run ends in time, counts it under its kind, goes on, and shows none of
// the server's bytes raw.

#include "cli/bench_run.hpp"
#include "support/rude_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace conecta;
using namespace conecta::cli_test;
using support::rude_server;
using support::rudeness;

namespace {

bench_result bench_against(rudeness manner) {
  rude_server const server{manner};
  auto run = run_bench(ping_scenario(tcp_url(server.address())));
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  CHECK(run.found.at("complete") == true);
  require_sums(run.found);
  CHECK(run.found.at("requests").at("attempted") >= 16); // every worker came back for more
  return run;
}

} // namespace

TEST_CASE("a server that closes at once is counted as closed or reset") {
  auto const run = bench_against(rudeness::closes_at_once);
  CHECK(run.found.at("requests").at("succeeded") == 0);
  CHECK(run.errors("send", "closed") + run.errors("send", "reset") +
            run.errors("receive", "closed") + run.errors("receive", "reset") ==
        run.found.at("requests").at("failed"));
}

TEST_CASE("a server that never answers is counted as a timeout") {
  auto const run = bench_against(rudeness::never_answers);
  CHECK(run.errors("receive", "timeout") == run.found.at("requests").at("failed"));
  CHECK(run.found.at("pool").at("closed_by").at("broken") == run.found.at("requests").at("failed"));
}

TEST_CASE(
    "a server that answers garbage is counted as a mismatch, and cannot write to a terminal") {
  auto const run = bench_against(rudeness::answers_garbage);
  CHECK(run.errors("expect", "mismatch") == run.found.at("requests").at("failed"));
  CHECK(run.process.out.find('\x1b') == std::string::npos);

  rude_server const server{rudeness::answers_garbage};
  auto const text = run_conecta({"bench", "-"}, ping_scenario(tcp_url(server.address())).dump());
  CHECK(text.out.find("mismatch") != std::string::npos);
  CHECK(std::none_of(text.out.begin(), text.out.end(), [](char each) {
    return each != '\n' && (static_cast<unsigned char>(each) < 0x20 || each == '\x7f');
  }));
}

TEST_CASE("a server that floods is counted as oversized") {
  auto const run = bench_against(rudeness::floods);
  CHECK(run.errors("receive", "oversized") > 0);
  CHECK(run.found.at("requests").at("succeeded") == 0);
}

TEST_CASE("a server that resets in the middle of a reply is counted as a reset") {
  auto const run = bench_against(rudeness::resets_mid_reply);
  CHECK(run.errors("receive", "reset") == run.found.at("requests").at("failed"));
  CHECK(run.found.at("requests").at("succeeded") == 0);
}

TEST_CASE("a server that closes in the middle of a reply is counted as truncated") {
  auto const run = bench_against(rudeness::closes_mid_reply);
  CHECK(run.errors("receive", "truncated") == run.found.at("requests").at("failed"));
}

TEST_CASE("a connection with a second answer that nobody asked for is not used again") {
  auto const run = bench_against(rudeness::answers_twice);
  CHECK(run.found.at("requests").at("failed") == 0);
  CHECK(run.found.at("pool").at("closed_by").at("stale") ==
        run.found.at("requests").at("succeeded"));
}

TEST_CASE("a server that mixes up its clients' replies violates own_reply, whatever is expected") {
  auto const bench = [](char const* send, char const* trace) {
    rude_server const server{rudeness::mixes_up};
    auto scenario = ping_scenario(tcp_url(server.address()));
    scenario["workload"]["requests"] = {{{"send", send}, {"reply", {{"until", "\r\n"}}}}};
    scenario["invariants"] = true;
    return run_bench(scenario, {"--trace", trace});
  };
  auto const status = [](json const& found) {
    for (auto const& each : found.at("invariants")) {
      if (each.at("name") == "own_reply") {
        return each.at("status").get<std::string>();
      }
    }
    return std::string{"there is none"};
  };
  auto const run = bench("{{nonce}}\r\n", "/dev/null");
  CHECK(run.process.code == 1);
  // Nobody looked at the replies; but the last request of all may find nobody to be mixed up with.
  CHECK(run.errors("receive", "timeout") <= 1);
  CHECK(run.found.at("requests").at("failed") == run.errors("receive", "timeout"));
  CHECK(status(run.found) == "violated");
  CHECK(run.process.err.find("simulate --replay /dev/null") != std::string::npos);
  CHECK(bench("{{nonce}}\r\n", "/dev/full").process.code == 73);

  auto const blind = bench("{{seq}}\r\n", "/dev/null"); // is not recognised
  CHECK(blind.process.code == 0);
  CHECK(status(blind.found) == "not_judged");
}
