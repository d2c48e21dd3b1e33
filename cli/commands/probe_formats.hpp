#pragma once

// What a probe found, in the formats that other programs read. Pure.
//
//   jsonl       a line of JSON for each target, its keys those of `targets` in conecta.probe/1
//   nagios      one line and performance data: Monitoring Plugins Development Guidelines
//   prometheus  the text exposition format 0.0.4, for a textfile collector or a push gateway
//   junit       a test case for each target: Jenkins' junit-10.xsd
//   tap         the Test Anything Protocol, version 14

#include "commands/probing.hpp"

#include <string>

namespace conecta::command {

enum class probe_format : std::uint8_t { human, json, jsonl, nagios, prometheus, junit, tap };
enum class exit_style : std::uint8_t { conecta, nagios, docker, boolean };

/// `code` is what exit_code_of() says of it.
struct probe_outcome {
  probe_findings const& found;
  probe_limits const& limits;
  int code = 0;
};

[[nodiscard]] std::string in_format(probe_format which, probe_outcome const& what);

/// What a script of that kind expects. nagios: 0 OK, 1 warning, 2 critical, 3 unknown, which is
/// what was not asked or interrupted. docker and boolean: 0 or 1.
[[nodiscard]] int in_style(exit_style which, probe_outcome const& what) noexcept;

} // namespace conecta::command
