#pragma once

// `conecta bench` as a user runs it: a scenario on standard input, the result as JSON.

#include "support/process.hpp"
#include "wire/address.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace conecta::cli_test {

using json = nlohmann::json;

/// CONECTA_BINARY, with these arguments.
[[nodiscard]] std::vector<std::string> conecta(std::vector<std::string> arguments);

/// That, with this on standard input.
[[nodiscard]] support::ended_process run_conecta(std::vector<std::string> arguments,
                                                 std::string input = {});

[[nodiscard]] std::string tcp_url(wire::address const& where);
/// Where nobody listens.
[[nodiscard]] std::string closed_tcp_url();

/// A closed loop of 8 workers over at most 8 connections, for `duration`, that asks for PING and
/// wants +PONG. To be changed by the test.
[[nodiscard]] json ping_scenario(std::string const& url, std::string const& duration = "500ms");

struct bench_result {
  support::ended_process process;
  json found; ///< null if there was none

  /// How many requests failed so.
  [[nodiscard]] std::uint64_t errors(std::string const& phase, std::string const& kind) const;
};

/// Standard output is the result: --json -.
[[nodiscard]] support::process start_bench(json const& scenario,
                                           std::vector<std::string> more = {});
[[nodiscard]] bench_result run_bench(json const& scenario, std::vector<std::string> more = {});
[[nodiscard]] bench_result result_of(support::ended_process ended);

/// What holds for every result, whatever happened: errors add up to failed requests, and every
/// connection that was opened was closed.
void require_sums(json const& found);

} // namespace conecta::cli_test
